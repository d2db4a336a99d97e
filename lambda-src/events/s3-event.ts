import * as z from 'zod/mini';
import { RECONCILIATION } from '../backfill.ts';
import type { HandlerSettings } from '../contract/environment.ts';
import { matchesGlob } from '../contract/key-glob.ts';
import { decodeKey } from '../contract/object-key.ts';
import { outputPrefixes } from '../contract/recipe.ts';
import type { UploadEvent } from '../ports.ts';
import { asS3Record, isFromEventBridge } from './eventbridge-event.ts';
import { sequencerOf } from './sequencer.ts';

const textIfAny = z.catch(z.optional(z.string()), undefined);

const recordSchema = z.object({
  eventName: z.string(),
  eventTime: z.optional(z.string()),
  s3: z.object({
    bucket: z.object({ name: z.string().check(z.minLength(1)) }),
    object: z.object({
      key: z.string().check(z.minLength(1)),
      size: z.catch(z.optional(z.number().check(z.nonnegative())), undefined),
      eTag: textIfAny,
      versionId: textIfAny,
      sequencer: textIfAny,
    }),
  }),
});

/** Name of the event that a reconciliation sends, in the form of an S3 event, for a key that its records do not describe. S3 has no such event. */
export const RECONCILED = 'Reconciled';

/** Returns the event with which a reconciliation asks the function to settle what is current under a key. */
export function reconciledEvent(bucket: string, key: string, time: Date): object {
  const s3 = { bucket: { name: bucket }, object: { key: encodeURIComponent(key) } };
  return { Records: [{ eventName: RECONCILED, eventTime: time.toISOString(), s3 }] };
}

/** What to do with one record of an S3 event. */
export type ParsedRecord =
  | { readonly kind: 'upload'; readonly event: UploadEvent }
  | { readonly kind: 'ignored'; readonly key: string; readonly reason: string };

/**
 * Parses an S3 event, sent by S3 itself (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html) or by
 * EventBridge. Records that are not uploads for this pipeline are returned as ignored; a bad record never affects the others.
 */
export function parseS3Event(payload: unknown, settings: HandlerSettings, now: Date): ParsedRecord[] {
  if (isFromEventBridge(payload)) return [parseRecord(asS3Record(payload), settings, now)];
  const records = typeof payload === 'object' && payload !== null && 'Records' in payload ? payload.Records : undefined;
  if (!Array.isArray(records)) return [{ kind: 'ignored', key: '', reason: 'the event has no Records, such as s3:TestEvent' }];
  return records.map((record) => parseRecord(record, settings, now));
}

function parseRecord(payload: unknown, settings: HandlerSettings, now: Date): ParsedRecord {
  const parsed = recordSchema.safeParse(payload);
  if (!parsed.success) return { kind: 'ignored', key: '', reason: 'the record is not an S3 record' };
  const { eventName, eventTime, s3 } = parsed.data;
  const kind = eventKind(eventName);
  const time = dateOf(eventTime) ?? now;
  const decoded = decodeKey(s3.object.key);
  const key = decoded ?? s3.object.key;
  if (kind === undefined) {
    return { kind: 'ignored', key, reason: 'the event type is not ObjectCreated, ObjectRemoved or LifecycleExpiration' };
  }
  const reason = reasonToIgnore(kind, s3.bucket.name, key, settings);
  if (reason !== undefined) return { kind: 'ignored', key, reason };
  const event: UploadEvent = {
    kind,
    bucket: s3.bucket.name,
    key,
    malformedKey: decoded === undefined,
    versionId: s3.object.versionId || undefined,
    etag: s3.object.eTag?.replaceAll('"', '') || undefined,
    size: s3.object.size,
    ...(kind === 'reconciled' ? { sequencer: '', job: RECONCILIATION } : { sequencer: sequencerOf(s3.object.sequencer, time) }),
    time,
  };
  return { kind: 'upload', event };
}

function eventKind(eventName: string): Exclude<UploadEvent['kind'], 'backfill'> | undefined {
  if (/^(s3:)?ObjectCreated:/.test(eventName)) return 'created';
  if (/^(s3:)?(ObjectRemoved|LifecycleExpiration):/.test(eventName)) return 'removed';
  return eventName === RECONCILED ? 'reconciled' : undefined;
}

function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Returns the reason to ignore an event for this key, or undefined if the event is to be processed. */
export function reasonToIgnore(kind: UploadEvent['kind'], bucket: string, key: string, settings: HandlerSettings): string | undefined {
  if (kind === 'removed' && !settings.deletePropagation) return 'delete propagation is off';
  if (bucket !== settings.uploadBucket) return `the bucket ${bucket} is not the upload bucket`;
  // A rendition that triggers the function would loop forever.
  if (bucket === settings.outputBucket && outputPrefixes(settings.recipe).some((prefix) => key.startsWith(prefix))) {
    return 'the key is one of our own renditions';
  }
  const { quarantinePrefix } = settings;
  if (bucket === settings.outputBucket && quarantinePrefix !== undefined && key.startsWith(quarantinePrefix)) {
    return 'the key is a copy of a failed original';
  }
  if (!key.startsWith(settings.triggerPrefix)) return `the key does not begin with ${settings.triggerPrefix}`;
  const lowerCase = key.toLowerCase();
  if (settings.triggerSuffixes.length > 0 && !settings.triggerSuffixes.some((suffix) => lowerCase.endsWith(suffix))) {
    return `the key does not end with ${settings.triggerSuffixes.join(' or ')}`;
  }
  const { triggerInclude: include, triggerExclude: exclude } = settings;
  if (include.length > 0 && !include.some((glob) => matchesGlob(glob, key))) return `the key does not match ${include.join(' or ')}`;
  const excludedBy = exclude.find((glob) => matchesGlob(glob, key));
  return excludedBy === undefined ? undefined : `the key matches ${excludedBy}, which is excluded`;
}
