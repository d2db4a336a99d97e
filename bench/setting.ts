import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Size } from '../lambda-src/image/rendition-size.ts';
import { installedPeers, type PeerName } from './peers.ts';
import { type Command, type Job, type JobFormat, RendererProcess } from './renderer-process.ts';
import type { Measurement } from './row.ts';

/** Common inputs of all measurements. */
export interface Setting {
  readonly rounds: number;
  /** Skips measurements that take minutes. */
  readonly quick: boolean;
  /** Temporary folder, deleted afterwards. */
  readonly folder: string;
  /** Aborts every process. */
  readonly signal: AbortSignal;
  readonly installed: Partial<Record<PeerName, string>>;
}

/** Reason for rows that are not measured in a quick run. */
export const LEFT_OUT = 'skipped by --quick';

/** One part of the table. */
export interface Measure {
  /** Name of the part, shown as progress. */
  readonly title: string;
  run(setting: Setting): Promise<readonly Measurement[]>;
}

/** The boxes of photo-sharing's rendition and of media-thumbnails'. */
export const LARGE: Size = { width: 1024, height: 768 };
export const SMALL: Size = { width: 256, height: 256 };

/** Runs work with a setting and deletes its folder and ends its processes afterwards, even if interrupted. */
export async function withSetting<Result>(
  quick: boolean,
  signal: AbortSignal,
  work: (setting: Setting) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'image-pipeline-bench-'));
  const ending = new AbortController();
  try {
    return await work({
      rounds: quick ? 3 : 8,
      quick,
      folder,
      signal: AbortSignal.any([signal, ending.signal]),
      installed: await installedPeers(),
    });
  } finally {
    ending.abort();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Builds a job for renditions of a photo, written to the folder under the given name. */
export function jobFor(folder: string, name: string, photo: string, boxes: readonly Size[], format: JobFormat = 'jpeg'): Job {
  return {
    photo,
    renditions: boxes.map((box) => ({
      ...box,
      format,
      output: join(folder, `${name}-${box.width}.${format === 'jpeg' ? 'jpg' : format}`),
    })),
  };
}

/** Checks that the measured work was done: the renditions must have the requested sizes. */
export async function assertRendered({ photo, renditions }: Job): Promise<void> {
  const original = await sharp(photo).metadata();
  for (const { width, height, format, output } of renditions) {
    const scale = Math.min(width / original.width, height / original.height);
    const made = await sharp(output).metadata();
    const isRight = Math.abs(made.width - original.width * scale) < 1 && Math.abs(made.height - original.height * scale) < 1;
    if (made.format !== format || !isRight) throw new Error(`${output} is a ${made.format} of ${made.width} × ${made.height}`);
  }
}

/** Starts renderers, runs the work and stops them. */
export async function withRenderers<Result>(
  commands: readonly Command[],
  { signal }: Setting,
  work: (...renderers: RendererProcess[]) => Promise<Result>,
): Promise<Result> {
  const renderers = commands.map((command) => new RendererProcess(command, signal));
  try {
    return await work(...renderers);
  } finally {
    await Promise.all(renderers.map((renderer) => renderer.stop()));
  }
}
