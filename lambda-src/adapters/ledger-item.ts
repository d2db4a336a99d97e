import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { FAILURES, type FailureCode, type StoredRendition } from '../contract/outcome.ts';
import { RENDITION_FORMATS } from '../contract/recipe.ts';
import type { Effect, LedgerRecord, RecordStatus } from '../ports.ts';

export type Item = Record<string, AttributeValue>;

/** The hash key of an object's record: SHA-256 of `bucket/key`, as 64 hexadecimal characters. */
export function imageId(bucket: string, key: string): string {
  return createHash('sha256').update(`${bucket}/${key}`).digest('hex');
}

/** The attributes that an effect leaves on the record; undefined ones are removed. */
export function effectAttributes(effect: Effect, versionId: string | undefined): Record<string, AttributeValue | undefined> {
  const common = { Status: text(effect.status), ProcessedAt: text(effect.processedAt), FileSize: number(effect.size) };
  if (effect.status === 'failed') {
    // Renditions of an older version may remain: `Renditions` then still lists them and `RenditionsVersionId` says whose they are.
    return {
      ...common,
      FailureCode: text(effect.failureCode),
      FailureDetail: text(effect.detail),
      ContentType: undefined,
      Width: undefined,
      Height: undefined,
      Format: undefined,
      ThumbHash: undefined,
    };
  }
  return {
    ...common,
    ContentType: text(effect.contentType),
    Width: number(effect.image.width),
    Height: number(effect.image.height),
    Format: text(effect.image.format),
    ThumbHash: text(effect.image.thumbHash),
    Renditions: { L: effect.renditions.map(renditionAttribute) },
    RenditionsVersionId: text(versionId),
    ThumbnailPath: text(effect.renditions.find(({ name }) => name === 'thumbnail')?.key),
    FailureCode: undefined,
    FailureDetail: undefined,
  };
}

function renditionAttribute(rendition: StoredRendition): AttributeValue {
  const { name, key, width, height, format, bytes } = rendition;
  return {
    M: {
      Name: { S: name },
      Key: { S: key },
      Width: { N: `${width}` },
      Height: { N: `${height}` },
      Format: { S: format },
      Bytes: { N: `${bytes}` },
    },
  };
}

/** Reads a record as the protocol sees it. */
export function recordOf(item: Item): LedgerRecord {
  return {
    status: statusOf(item),
    sequencer: item.Sequencer?.S ?? '',
    versionId: item.VersionId?.S,
    etag: item.ETag?.S,
    recipeHash: item.RecipeHash?.S,
    owner: item.Owner?.S ?? '',
    leaseExpiresAt: Number(item.LeaseExpiresAt?.N ?? 0),
    // Written only when announced, so that a newer event's claim needs not reset it.
    notified: item.NotifiedSequencer?.S === item.Sequencer?.S,
    byBackfill: item.BackfillJob !== undefined,
    effect: effectOf(item),
  };
}

function statusOf(item: Item): RecordStatus {
  const status = item.Status?.S;
  return status === 'processed' || status === 'failed' || status === 'superseded' || status === 'gone' ? status : 'processing';
}

function effectOf(item: Item): Effect | undefined {
  const common = {
    bucket: item.BucketName?.S ?? '',
    key: item.ObjectKey?.S ?? '',
    uploadedAt: new Date(Number(item.UploadTimestamp?.N ?? 0)).toISOString(),
    processedAt: item.ProcessedAt?.S ?? '',
  };
  const status = statusOf(item);
  if (status === 'failed') {
    const size = item.FileSize?.N === undefined ? undefined : Number(item.FileSize.N);
    return { ...common, status, size, failureCode: failureCodeOf(item.FailureCode?.S), detail: item.FailureDetail?.S ?? '' };
  }
  if (status !== 'processed') return undefined;
  return {
    ...common,
    status,
    size: Number(item.FileSize?.N ?? 0),
    contentType: item.ContentType?.S ?? '',
    image: {
      width: Number(item.Width?.N ?? 0),
      height: Number(item.Height?.N ?? 0),
      format: item.Format?.S ?? '',
      thumbHash: item.ThumbHash?.S,
    },
    renditions: (item.Renditions?.L ?? []).map(renditionOf),
  };
}

/** A code that an older or newer release wrote and this one does not know reads as the most general failure. */
function failureCodeOf(word: string | undefined): FailureCode {
  return (Object.keys(FAILURES) as FailureCode[]).find((code) => code === word) ?? 'Corrupt';
}

function renditionOf({ M: map = {} }: AttributeValue): StoredRendition {
  return {
    name: map.Name?.S ?? '',
    key: map.Key?.S ?? '',
    width: Number(map.Width?.N ?? 0),
    height: Number(map.Height?.N ?? 0),
    format: RENDITION_FORMATS.find((format) => format === map.Format?.S) ?? 'jpeg',
    bytes: Number(map.Bytes?.N ?? 0),
  };
}

const text = (value: string | undefined): AttributeValue | undefined => (value === undefined || value === '' ? undefined : { S: value });
const number = (value: number | undefined): AttributeValue | undefined => (value === undefined ? undefined : { N: String(value) });
