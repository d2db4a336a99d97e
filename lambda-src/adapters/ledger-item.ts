import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { FAILURES, type FailureCode, type ImageFacts, type PhotoMetadata, type StoredRendition } from '../contract/outcome.ts';
import { OUTPUT_FORMATS } from '../contract/recipe.ts';
import type { Announcement, Effect, LedgerRecord, Picture, RecordStatus, RenditionsOf, UploadEvent } from '../ports.ts';

export type Item = Record<string, AttributeValue>;

/** Returns the partition key of an object's record: SHA-256 of `bucket/key`, as 64 hexadecimal characters. */
export function imageId(bucket: string, key: string): string {
  return createHash('sha256').update(`${bucket}/${key}`).digest('hex');
}

/** Returns the attributes that name a photo and say when it was uploaded. */
export function photoAttributes(bucket: string, key: string, time: Date): Item {
  return {
    BucketName: { S: bucket },
    ObjectKey: { S: key },
    FileName: { S: key.split('/').at(-1) || key },
    UploadTimestamp: { N: String(time.getTime()) },
    UploadDate: { S: time.toISOString().slice(0, 10) },
  };
}

/** Returns the attributes to write for an effect; undefined ones are removed from the record. */
export function effectAttributes(effect: Effect, { versionId, sequencer }: UploadEvent): Record<string, AttributeValue | undefined> {
  const common = { Status: text(effect.status), ProcessedAt: text(effect.processedAt), FileSize: number(effect.size) };
  if (effect.status === 'failed') {
    // Renditions of an older version may remain: `Renditions` still lists them, and `RenditionsVersionId` names their version.
    return { ...common, ...NO_IMAGE, FailureCode: text(effect.failureCode), FailureDetail: text(effect.detail) };
  }
  return {
    ...common,
    ...NO_FAILURE,
    ContentType: text(effect.contentType),
    Width: number(effect.image.width),
    Height: number(effect.image.height),
    Format: text(effect.image.format),
    ThumbHash: text(effect.image.thumbHash),
    Renditions: { L: effect.renditions.map(renditionAttribute) },
    RenditionsVersionId: text(versionId),
    RenditionsSequencer: text(sequencer),
    ThumbnailPath: text(effect.renditions.find(({ name }) => name === 'thumbnail')?.key),
    ...pictureAttributes(effect.image),
    PhotoMetadata: metadataAttribute(effect.metadata),
  };
}

/** Unlike the attributes of the newest version, what a manifest says about the last good one stays when a newer version fails. */
function pictureAttributes({ width, height, thumbHash, averageColour }: ImageFacts): Record<string, AttributeValue> {
  if (averageColour === undefined) return {};
  const hash = thumbHash === undefined ? {} : { ThumbHash: { S: thumbHash } };
  return { Picture: { M: { Width: { N: `${width}` }, Height: { N: `${height}` }, AverageColour: { S: averageColour }, ...hash } } };
}

function metadataAttribute(metadata: PhotoMetadata | undefined): AttributeValue | undefined {
  if (metadata === undefined) return undefined;
  const { captureTime, camera, copyright, caption, gps } = metadata;
  const texts = { CaptureTime: text(captureTime), Camera: text(camera), Copyright: text(copyright), Caption: text(caption) };
  const known = Object.entries(texts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const place = gps && { Gps: { M: { Latitude: { N: `${gps.latitude}` }, Longitude: { N: `${gps.longitude}` } } } };
  return { M: { ...Object.fromEntries(known), ...place } };
}

function metadataOf(attribute: AttributeValue | undefined): PhotoMetadata | undefined {
  if (attribute?.M === undefined) return undefined;
  const { CaptureTime, Camera, Copyright, Caption, Gps } = attribute.M;
  const gps = Gps?.M && { latitude: Number(Gps.M.Latitude?.N), longitude: Number(Gps.M.Longitude?.N) };
  return { captureTime: CaptureTime?.S, camera: Camera?.S, copyright: Copyright?.S, caption: Caption?.S, gps };
}

/** Returns the attribute that says which version and event a manifest was written for. */
export function madeForAttribute({ versionId, sequencer }: UploadEvent): AttributeValue {
  return { M: { Sequencer: { S: sequencer }, ...(versionId === undefined ? {} : { VersionId: { S: versionId } }) } };
}

const NO_IMAGE = {
  ContentType: undefined,
  Width: undefined,
  Height: undefined,
  Format: undefined,
  ThumbHash: undefined,
  PhotoMetadata: undefined,
};
const NO_FAILURE = { FailureCode: undefined, FailureDetail: undefined };

/** Removes everything that shows or names a photo. The rest of the record orders late events. */
export const FORGOTTEN: Record<string, undefined> = {
  ...NO_IMAGE,
  ...NO_FAILURE,
  ...{ BucketName: undefined, ObjectKey: undefined, FileName: undefined, UploadTimestamp: undefined, UploadDate: undefined },
  ...{
    ProcessedAt: undefined,
    FileSize: undefined,
    SettledStatus: undefined,
    VersionId: undefined,
    ETag: undefined,
    RecipeHash: undefined,
  },
  ...{ Renditions: undefined, RenditionsVersionId: undefined, RenditionsSequencer: undefined, ThumbnailPath: undefined },
  ...{ Picture: undefined, ManifestOf: undefined, CommittedBy: undefined, BackfillJob: undefined },
};

function renditionAttribute(rendition: StoredRendition): AttributeValue {
  const { name, key, width, height, format, bytes, hash } = rendition;
  return {
    M: {
      Name: { S: name },
      Key: { S: key },
      Width: { N: `${width}` },
      Height: { N: `${height}` },
      Format: { S: format },
      Bytes: { N: `${bytes}` },
      ...(hash === undefined ? {} : { Hash: { S: hash } }),
    },
  };
}

/** Converts an item to a record. An item without `Run` was last written by version 0.1. */
export function recordOf(item: Item): LedgerRecord {
  const announcement = announcementOf(item);
  const versionId = item.VersionId?.S;
  const isOld = item.Run === undefined;
  return {
    status: statusOf(item.Status?.S),
    sequencer: item.Sequencer?.S ?? '',
    owner: item.Owner?.S ?? '',
    run: item.Run?.S,
    leaseExpiresAt: Number(item.LeaseExpiresAt?.N ?? 0),
    job: item.BackfillJob?.S,
    byBackfill: item.BackfillJob !== undefined,
    effect: effectOf(item, statusOf(isOld ? item.Status?.S : item.SettledStatus?.S)),
    commit: item.CommittedBy?.S,
    versionId,
    etag: item.ETag?.S,
    recipeHash: item.RecipeHash?.S,
    renditionsOf: renditionsOf(item),
    manifestOf: item.ManifestOf?.M && { versionId: item.ManifestOf.M.VersionId?.S, sequencer: item.ManifestOf.M.Sequencer?.S },
    reportedVersions: item.ReportedVersions?.L?.flatMap(({ S: version }) => version ?? []) ?? (isOld && versionId ? [versionId] : []),
    announcement,
    notified: announcement === undefined,
  };
}

function renditionsOf({ Renditions, RenditionsVersionId, RenditionsSequencer, Picture }: Item): RenditionsOf | undefined {
  if (Renditions === undefined) return undefined;
  const renditions = (Renditions.L ?? []).map(renditionOf);
  // Renditions without a hash were stored without a manifest, after the one that the picture was written for.
  const picture = renditions.every(({ hash }) => hash !== undefined) ? Picture?.M : undefined;
  return {
    versionId: RenditionsVersionId?.S,
    sequencer: RenditionsSequencer?.S,
    picture: picture && { image: pictureImageOf(picture), renditions },
  };
}

function pictureImageOf({ Width, Height, ThumbHash, AverageColour }: Item): Picture['image'] {
  return { width: Number(Width?.N ?? 0), height: Number(Height?.N ?? 0), thumbHash: ThumbHash?.S, averageColour: AverageColour?.S };
}

function announcementOf(item: Item): Announcement | undefined {
  const state = item.Announcement?.S;
  if (state !== undefined) {
    return {
      state: state === 'sending' ? 'sending' : 'pending',
      owner: item.AnnouncementOwner?.S,
      expiresAt: Number(item.AnnouncementExpiresAt?.N ?? 0),
    };
  }
  const isOld = item.Run === undefined && item.CommittedBy === undefined;
  const isOwed = isOld && ['processed', 'failed'].includes(item.Status?.S ?? '') && item.NotifiedSequencer?.S !== item.Sequencer?.S;
  return isOwed ? { state: 'pending', expiresAt: 0 } : undefined;
}

function statusOf(status: string | undefined): RecordStatus {
  return status === 'processed' || status === 'failed' || status === 'superseded' || status === 'gone' ? status : 'processing';
}

function effectOf(item: Item, status: RecordStatus): Effect | undefined {
  const common = {
    bucket: item.BucketName?.S ?? '',
    key: item.ObjectKey?.S ?? '',
    versionId: item.VersionId?.S,
    uploadedAt: new Date(Number(item.UploadTimestamp?.N ?? 0)).toISOString(),
    processedAt: item.ProcessedAt?.S ?? '',
  };
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
    metadata: metadataOf(item.PhotoMetadata),
  };
}

/** Returns the most general failure for a code of another release that this one does not know. */
function failureCodeOf(word: string | undefined): FailureCode {
  return (Object.keys(FAILURES) as FailureCode[]).find((code) => code === word) ?? 'Corrupt';
}

function renditionOf({ M: map = {} }: AttributeValue): StoredRendition {
  return {
    name: map.Name?.S ?? '',
    key: map.Key?.S ?? '',
    width: Number(map.Width?.N ?? 0),
    height: Number(map.Height?.N ?? 0),
    format: OUTPUT_FORMATS.find((format) => format === map.Format?.S) ?? 'jpeg',
    bytes: Number(map.Bytes?.N ?? 0),
    hash: map.Hash?.S,
  };
}

export function text(value: string | undefined): AttributeValue | undefined {
  return value === undefined || value === '' ? undefined : { S: value };
}

export function number(value: number | undefined): AttributeValue | undefined {
  return value === undefined ? undefined : { N: String(value) };
}

export function texts(values: readonly string[]): AttributeValue | undefined {
  return values.length === 0 ? undefined : { L: values.map((value) => ({ S: value })) };
}
