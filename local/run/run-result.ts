import type { StoredRendition } from '../../lambda-src/contract/outcome.ts';
import type { Mail } from '../aws/mail-queue.ts';
import type { UploadResult } from '../function/delivery-results.ts';

/** A rendition in the output folder. */
export interface OutputFile extends Omit<StoredRendition, 'name'> {
  /** Path of the file. */
  readonly file: string;
}

/** The result of one photo. */
export interface PhotoResult extends Omit<UploadResult, 'image' | 'outputs' | 'attempts'> {
  readonly outputs: readonly OutputFile[];
  /** Size of the original, in bytes. */
  readonly bytes: number;
  /** Preview for the report; only the first photos have one. */
  readonly preview?: Preview | undefined;
}

/** A small picture and a description of the original. */
export interface Preview {
  /** Absent if nothing was rendered and there is no placeholder. */
  readonly picture?: PreviewPicture | undefined;
  /** In pixels, as displayed. */
  readonly width: number;
  readonly height: number;
  readonly format: string;
  /** Changes besides resizing, such as `location removed`. */
  readonly changes: readonly string[];
}

export interface PreviewPicture {
  /** A data URI. */
  readonly uri: string;
  readonly width: number;
  readonly height: number;
}

/** A finished run. */
export interface RunResult {
  readonly preset: string;
  readonly photos: readonly PhotoResult[];
  readonly notifications: readonly Mail[];
  readonly seconds: number;
}

/** Counts photos by status. */
export function countByStatus(photos: readonly PhotoResult[]): Record<UploadResult['status'], number> {
  const counts = { processed: 0, failed: 0, duplicate: 0, superseded: 0, gone: 0, ignored: 0, deadLettered: 0 };
  for (const { status } of photos) counts[status]++;
  return counts;
}

/** Adds up the bytes of rendered originals and of their renditions. */
export function weigh(photos: readonly PhotoResult[]): { readonly before: number; readonly after: number } {
  const rendered = photos.filter(({ outputs }) => outputs.length > 0);
  return {
    before: rendered.reduce((sum, { bytes }) => sum + bytes, 0),
    after: rendered.flatMap(({ outputs }) => outputs).reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
