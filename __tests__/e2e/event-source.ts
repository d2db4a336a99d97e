import { z } from 'zod';
import { nextSequencer } from '../../local/aws/s3-event.ts';
import type { EmulatedAws } from './emulated-aws.ts';
import { copyNotifications, copyRule, type Restore } from './emulator-gaps.ts';

/** How the function is told of uploads, and what the emulator leaves out of it. */
export interface EventSource {
  /** Has a queue be told of all that the function is told. */
  copy(aws: EmulatedAws, bucket: string, queueArn: string): Promise<Restore>;
  /** The records of a message in that queue, completed as S3 sends them. */
  recordsOf(message: string, versionId: string): readonly Readonly<Record<string, unknown>>[];
  /** The events that the records come in. */
  eventsOf(records: readonly unknown[]): readonly unknown[];
}

const notificationSchema = z.object({
  Records: z.array(
    z.looseObject({ eventTime: z.string(), s3: z.looseObject({ object: z.looseObject({ key: z.string(), eTag: z.string() }) }) }),
  ),
});

/** S3 itself. The emulator sends neither version, sequencer nor the zone of the time. */
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

/** EventBridge, by a rule. The emulator sends every event with one sequencer, and the tag under another name. */
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
