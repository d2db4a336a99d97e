import { z } from 'zod';
import { decodeKey } from '../../lambda-src/contract/object-key.ts';
import {
  FAILURES,
  type FailureCode,
  type ImageFacts,
  OUTCOME_STATUSES,
  type OutcomeStatus,
  type StoredRendition,
} from '../../lambda-src/contract/outcome.ts';
import { OUTPUT_FORMATS } from '../../lambda-src/contract/recipe.ts';
import type { Delivery } from './lambda-runner.ts';

/** The outcome of one upload. */
export interface UploadResult {
  readonly key: string;
  /** The handler's outcome; `deadLettered` if every attempt failed and the event is in the dead-letter queue. */
  readonly status: OutcomeStatus | 'deadLettered';
  /** Why a `failed` image failed. */
  readonly failureCode?: FailureCode | undefined;
  /** Human-readable reason why it `failed`, was `ignored` or `deadLettered`. */
  readonly detail?: string | undefined;
  /** Description of a `processed` photo. */
  readonly image?: ImageFacts | undefined;
  /** The renditions in the output bucket; empty unless `processed`. */
  readonly outputs: readonly Omit<StoredRendition, 'name'>[];
  /** Number of invocations; 0 if the trigger does not match the key. */
  readonly attempts: number;
  /** Time from the event to the last response. */
  readonly milliseconds: number;
}

/** The fields read from the handler's response, which was serialized as JSON. */
const answerSchema = z.object({
  outcomes: z.array(
    z.object({
      key: z.string(),
      status: z.enum(OUTCOME_STATUSES),
      failureCode: z.enum(Object.keys(FAILURES) as FailureCode[]).optional(),
      detail: z.string().optional(),
      reason: z.string().optional(),
      image: z.object({ width: z.number(), height: z.number(), format: z.string(), thumbHash: z.string().optional() }).optional(),
      renditions: z
        .array(z.object({ key: z.string(), width: z.number(), height: z.number(), format: z.enum(OUTPUT_FORMATS), bytes: z.number() }))
        .default([]),
    }),
  ),
});

const recordSchema = z.object({ s3: z.object({ object: z.object({ key: z.string() }) }) });

/** Returns one result per record of a delivered event. */
export function resultsOf(records: readonly unknown[], { answer, attempts }: Delivery, milliseconds: number): UploadResult[] {
  if (answer.status === 'failed') {
    const detail = `${answer.error.errorType}: ${answer.error.errorMessage}`;
    return records.map((record) => ({ key: keyOf(record), status: 'deadLettered', detail, outputs: [], attempts, milliseconds }));
  }
  return answerSchema.parse(answer.payload).outcomes.map(({ key, status, failureCode, detail, reason, image, renditions }) => ({
    key,
    status,
    failureCode,
    detail: detail ?? reason,
    image,
    outputs: renditions,
    attempts,
    milliseconds,
  }));
}

/** Returns the result of an upload that no invocation handled. */
export function unhandled(key: string, status: 'ignored' | 'deadLettered', detail: string): UploadResult {
  return { key, status, detail, outputs: [], attempts: 0, milliseconds: 0 };
}

/** Returns the key of an S3 event record, decoded if possible; empty if it has none. */
export function keyOf(record: unknown): string {
  const encoded = recordSchema.safeParse(record).data?.s3.object.key ?? '';
  return decodeKey(encoded) ?? encoded;
}
