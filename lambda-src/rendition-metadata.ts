import type { OriginalObject, UploadEvent } from './ports.ts';

/** Names of the metadata that the pipeline adds to renditions. */
export const RENDITION_METADATA = {
  bucket: 'original-bucket',
  key: 'original-key',
  versionId: 'original-version-id',
  sequencer: 'original-sequencer',
  recipeHash: 'recipe-hash',
  processedAt: 'processed-date',
} as const;

/** S3 limits user metadata to 2 KB in total, including names (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html). */
const MAX_METADATA_BYTES = 2048;

export interface FittedMetadata {
  readonly kept: Readonly<Record<string, string>>;
  /** Names of the entries that did not fit. */
  readonly dropped: readonly string[];
}

/**
 * Returns the user metadata of a rendition: the pipeline's own and the original's. The pipeline's own takes precedence if names collide or
 * space is short, and starts with the values that the compare-and-swap needs.
 */
export function renditionMetadata(
  event: UploadEvent,
  original: Pick<OriginalObject, 'userMetadata'>,
  recipeHash: string,
  processedAt: Date,
): FittedMetadata {
  const ours: [string, string][] = [
    [RENDITION_METADATA.sequencer, event.sequencer],
    [RENDITION_METADATA.versionId, event.versionId ?? ''],
    [RENDITION_METADATA.recipeHash, recipeHash],
    [RENDITION_METADATA.bucket, event.bucket],
    [RENDITION_METADATA.processedAt, processedAt.toISOString()],
    [RENDITION_METADATA.key, /%[0-9A-Fa-f]{2}/.test(event.key) ? encodeURI(event.key.toWellFormed()) : toHeaderText(event.key)],
  ];
  const ourNames = new Set(ours.map(([name]) => name));
  const theirs = Object.entries(original.userMetadata).filter(([name]) => !ourNames.has(name.toLowerCase()));
  return fitting([...ours, ...theirs.map(([name, value]): [string, string] => [name, toHeaderText(value)])]);
}

function fitting(entries: readonly [string, string][]): FittedMetadata {
  const kept: Record<string, string> = {};
  const dropped: string[] = [];
  let bytes = 0;
  for (const [name, value] of entries) {
    const size = Buffer.byteLength(name) + Buffer.byteLength(value);
    if (bytes + size > MAX_METADATA_BYTES) {
      dropped.push(name);
    } else if (value !== '') {
      kept[name] = value;
      bytes += size;
    }
  }
  return { kept, dropped };
}

/** Percent-encodes text that is not visible US-ASCII as UTF-8, because headers allow nothing else. */
function toHeaderText(text: string): string {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) ? text : encodeURI(text.toWellFormed());
}
