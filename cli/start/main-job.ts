import type { PipelineSettings } from '../../config/settings.ts';
import { type LocalPipeline, startLocalPipeline } from '../../local/local-pipeline.ts';
import type { OutputFolder } from '../../local/run/output-folder.ts';
import { createPreviewer } from '../../local/run/preview.ts';
import { MAX_PREVIEWS, renderReport } from '../../local/run/report.tsx';
import { type LocalUpload, type RunOptions, runUploads } from '../../local/run/run.ts';
import type { RunResult } from '../../local/run/run-result.ts';
import { SAMPLES, storeSamplePhotos } from '../../local/samples/sample-photos.ts';
import { showProgress } from '../terminal/progress.ts';
import { openOutput } from './paths.ts';

export interface MainJob {
  readonly settings: PipelineSettings;
  /** The photos to upload; sample photos if empty. */
  readonly inputs: readonly LocalUpload[];
  /** The output folder. */
  readonly folder: string;
  /** Whether to write the report too. */
  readonly wantsReport: boolean;
  /** Rejects when the user interrupts, which stops the job at once. */
  readonly interruption: Promise<never>;
}

/** A run, and the path of its report if one was written. */
export interface ReportedRun {
  readonly run: RunResult;
  readonly report: string | undefined;
}

/** Runs photos through the local pipeline and writes their renditions and the report. Leaves no process and no unfinished file behind. */
export async function runMainJob(job: MainJob): Promise<ReportedRun> {
  // It may reject before it is awaited.
  job.interruption.catch(() => {});
  const output = await openOutput(job.folder);
  const starting = startLocalPipeline({ settings: job.settings });
  try {
    return await Promise.race([job.interruption, work(job, starting, output)]);
  } finally {
    await Promise.allSettled([starting.then((localPipeline) => localPipeline.close()), output.close()]);
  }
}

async function work(
  { settings, inputs, wantsReport }: MainJob,
  starting: Promise<LocalPipeline>,
  output: OutputFolder,
): Promise<ReportedRun> {
  const report = output.reserve('report.html');
  for (const { path } of inputs) output.keep(path);
  const [localPipeline, uploads] = await Promise.all([starting, inputs.length > 0 ? inputs : samplePhotos(settings, output)]);
  const previewer = createPreviewer(wantsReport ? MAX_PREVIEWS : 0);
  const run = await runWithProgress(uploads, { localPipeline, output, previewer }, settings);
  if (!wantsReport) return { run, report: undefined };
  await output.write(report, renderReport(run, settings.recipe, output.root));
  return { run, report };
}

async function samplePhotos({ trigger }: PipelineSettings, output: OutputFolder): Promise<LocalUpload[]> {
  process.stderr.write(`Generating ${SAMPLES.length} sample photos …\n`);
  return storeSamplePhotos(async (name, bytes) => {
    const path = output.reserve(`samples/${name}`);
    await output.write(path, bytes);
    return { path, key: trigger.prefix + name };
  });
}

async function runWithProgress(
  uploads: readonly LocalUpload[],
  parts: Pick<RunOptions, 'output' | 'previewer'> & { readonly localPipeline: LocalPipeline },
  settings: PipelineSettings,
): Promise<RunResult> {
  const progress = showProgress(uploads.length, process.stderr);
  const started = performance.now();
  try {
    const photos = await runUploads(uploads, {
      ...parts,
      maxBytes: settings.limits.maxBytes,
      onPhoto: (photo) => progress.advance(photo),
    });
    const seconds = Math.round(performance.now() - started) / 1000;
    return { preset: settings.preset, photos, notifications: await parts.localPipeline.notifications(), seconds };
  } finally {
    progress.stop();
  }
}
