import { z } from 'zod';
import { nextSequencer } from '../../local/aws/s3-event.ts';
import type { EmulatedAws } from './emulated-aws.ts';
import { copyNotifications, copyRule, type Restore } from './emulator-gaps.ts';

/** A source of upload events, and what the emulator omits from them. */
export interface EventSource {
  /** Sends all events for the function to a queue, too. */
  copy(aws: EmulatedAws, bucket: string, queueArn: string): Promise<Restore>;
  /** Returns the records of a message in that queue, completed as S3 sends them. */
  recordsOf(message: string, versionId: string): readonly Readonly<Record<string, unknown>>[];
  /** Wraps records into events. */
  eventsOf(records: readonly unknown[]): readonly unknown[];
}

const notificationSchema = z.object({
  Records: z.array(
    z.looseObject({ eventTime: z.string(), s3: z.looseObject({ object: z.looseObject({ key: z.string(), eTag: z.string() }) }) }),
  ),
});

/** S3 itself. The emulator sends no version, no sequencer and no time zone. */
export const NOTIFICATIONS: EventSource = {
  copy: ({ clients }, bucket, queueArn) => copyNotifications(clients.s3, bucket, queueArn),
  recordsOf: (message, versionId) =>
    notificationSchema.parse(JSON.parse(message)).Records.map((record) => ({
      ...record,
      eventTime: `${record.eventTime}Z`,
      s3: { ...record.s3, object: { ...record.s3.object, versionId, sequencer: nextSequencer(new Date()) } },
    })),
  eventsOf: (records) => [{ Records: records }],
};

const eventSchema = z.looseObject({ detail: z.looseObject({ object: z.looseObject({ key: z.string(), eTag: z.string() }) }) });

/** EventBridge, through a rule. The emulator sends every event with the same sequencer and names the ETag differently. */
export function eventBridge(rule: string): EventSource {
  return {
    copy: (aws, _bucket, queueArn) => copyRule(aws, rule, queueArn),
    recordsOf: (message) => {
      const { detail, ...event } = eventSchema.parse(JSON.parse(message));
      const { eTag: etag, ...object } = detail.object;
      const sequencer = nextSequencer(new Date());
      return [{ ...event, detail: { ...detail, object: { ...object, etag, sequencer }, reason: 'PutObject' } }];
    },
    eventsOf: (records) => records,
  };
}
