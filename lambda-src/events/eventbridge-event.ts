import * as z from 'zod/mini';

/** An S3 event as delivered by EventBridge (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html). */
const eventSchema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.string(),
  time: z.optional(z.string()),
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      /** Not encoded, unlike the key in an S3 notification. */
      key: z.string().check(z.refine((key) => key.isWellFormed())),
      size: z.optional(z.unknown()),
      etag: z.optional(z.unknown()),
      'version-id': z.optional(z.unknown()),
      sequencer: z.optional(z.unknown()),
    }),
    reason: z.optional(z.string()),
    'deletion-type': z.optional(z.string()),
  }),
});
type EventBridgeEvent = z.infer<typeof eventSchema>;

/** Returns whether a payload came from EventBridge. */
export function isFromEventBridge(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'detail-type' in payload;
}

/** Converts an event to the record of an S3 notification, so that the same rules apply to both; undefined if it is not an S3 event. */
export function asS3Record(payload: unknown): object | undefined {
  const parsed = eventSchema.safeParse(payload);
  if (!parsed.success) return undefined;
  const { time, detail } = parsed.data;
  const { key, size, etag, 'version-id': versionId, sequencer } = detail.object;
  return {
    eventName: eventNameOf(parsed.data),
    eventTime: time,
    s3: { bucket: detail.bucket, object: { key: encodeURIComponent(key), size, eTag: etag, versionId, sequencer } },
  };
}

const CREATIONS: Readonly<Record<string, string>> = {
  PutObject: 'Put',
  'POST Object': 'Post',
  CopyObject: 'Copy',
  CompleteMultipartUpload: 'CompleteMultipartUpload',
};

function eventNameOf({ 'detail-type': type, detail }: EventBridgeEvent): string {
  if (type === 'Object Created') return `ObjectCreated:${CREATIONS[detail.reason ?? ''] ?? 'Put'}`;
  if (type !== 'Object Deleted') return type;
  const family = detail.reason === 'Lifecycle Expiration' ? 'LifecycleExpiration' : 'ObjectRemoved';
  return `${family}:${detail['deletion-type'] === 'Delete Marker Created' ? 'DeleteMarkerCreated' : 'Delete'}`;
}
