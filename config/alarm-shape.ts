import { z } from 'zod';

/** An alarm goes off when the metric is above the threshold for `evaluationPeriods` periods in a row. */
const alarmSchema = z.strictObject({
  /** In the metric's own unit: a count, milliseconds or seconds. */
  threshold: z.number().min(0),
  /** Seconds, a multiple of 60. Default 300. */
  periodSeconds: z.number().int().multipleOf(60).min(60).max(86_400).default(300),
  /** How many periods in a row the metric must be above the threshold. Default 1. */
  evaluationPeriods: z.number().int().min(1).max(100).default(1),
});
export type AlarmSettings = z.infer<typeof alarmSchema>;

/** The alarms; those without a default are optional. */
export const alarmsSchema = z.strictObject({
  /** Lambda `Errors`: system faults, not invalid images. */
  errors: alarmSchema,
  /** Lambda `Throttles`: invocations that found no free concurrency; Lambda retries them. */
  throttles: alarmSchema,
  /** Average Lambda `Duration`, in milliseconds. Default: no alarm. */
  duration: alarmSchema.optional(),
  /** `WriteThrottleEvents` of the table. Default: no alarm. */
  tableWriteThrottles: alarmSchema.optional(),
  /** Images that cannot be processed. Default: more than 10 in 5 minutes. */
  processingErrors: alarmSchema.prefault({ threshold: 10 }),
  /** Events waiting in the dead-letter queue. Default: any. */
  deadLetterDepth: alarmSchema.prefault({ threshold: 0 }),
  /** Age of the oldest event in the dead-letter queue, in seconds. Default: a day. */
  deadLetterAge: alarmSchema.prefault({ threshold: 86_400 }),
  /** Age of the oldest event when it reaches the function (`AsyncEventAge`), in milliseconds. Default: an hour. */
  eventAge: alarmSchema.prefault({ threshold: 3_600_000 }),
  /** Events that Lambda gave up on (`AsyncEventsDropped`) and sent to the dead-letter queue. Default: any. */
  droppedEvents: alarmSchema.prefault({ threshold: 0 }),
  /** Events that could not be sent to the dead-letter queue (`DestinationDeliveryFailures`). Default: any. */
  destinationFailures: alarmSchema.prefault({ threshold: 0 }),
  /** Photos without a result (`MissingPhotos`), if `reconcile` is on. Default: any. */
  missingPhotos: alarmSchema.prefault({ threshold: 0, periodSeconds: 3600 }),
  /** Photos whose processing began but did not finish (`StuckPhotos`), if `reconcile` is on. Default: any. */
  stuckPhotos: alarmSchema.prefault({ threshold: 0, periodSeconds: 3600 }),
  /** Reconciliations that fail, if `reconcile` is on. Default: any. */
  reconciliationErrors: alarmSchema.prefault({ threshold: 0, periodSeconds: 3600 }),
});
