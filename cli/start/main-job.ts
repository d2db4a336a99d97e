import type { PipelineSettings } from '../../config/settings.ts';
import { type LocalPipeline, startLocalPipeline } from '../../local/local-pipeline.ts';
import type { OutputFolder } from '../../local/run/output-folder.ts';
import { Previewer } from '../../local/run/preview.ts';
import { MAX_PREVIEWS, renderReport } from '../../local/run/report.ts';
import { type LocalUpload, type RunOptions, runUploads } from '../../local/run/run.ts';
import type { RunResult } from '../../local/run/run-result.ts';
import { SAMPLES, storeSamplePhotos } from '../../local/samples/sample-photos.ts';
import { openOutput } from './output.ts';
import { showProgress } from './progress.ts';

export interface MainJob {
  readonly settings: PipelineSettings;
  /** The photos; none for sample photos. */
  readonly inputs: readonly LocalUpload[];
  /** Where results are written. */
  readonly folder: string;
  /** Whether a report is written there, too. */
  readonly wantsReport: boolean;
  /** Rejects when the user interrupts; the job then stops at once. */
  readonly interruption: Promise<never>;
}

/** A run, and where its report was written, if one was wanted. */
export interface ReportedRun {
  readonly run: RunResult;
  readonly report: string | undefined;
}

/** Runs photos through the local pipeline, writes renditions and the report, and leaves neither a process nor a half-written file behind. */
export async function runMainJob(job: MainJob): Promise<ReportedRun> {
  // Nobody waits for it before the output folder is there.
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
  const previewer = new Previewer(wantsReport ? MAX_PREVIEWS : 0);
  const run = await runWithProgress(uploads, { localPipeline, output, previewer }, settings);
  if (!wantsReport) return { run, report: undefined };
  await output.write(report, renderReport(run, settings.recipe, output.root));
  return { run, report };
}

async function samplePhotos({ trigger }: PipelineSettings, output: OutputFolder): Promise<LocalUpload[]> {
  process.stderr.write(`Generating ${SAMPLES.length} sample photos …\n`);
  const samples = await storeSamplePhotos(async (name, bytes) => {
    const path = output.reserve(`samples/${name}`);
    await output.write(path, bytes);
    return path;
  });
  return samples.map(({ name, path }) => ({ path, key: trigger.prefix + name }));
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
