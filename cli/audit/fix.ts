import { z } from 'zod';
import { reconciledEvent } from '../../lambda-src/events/s3-event.ts';
import { findingOf } from '../../lambda-src/reconcile/photo-state.ts';
import { type InspectedPhoto, inspect } from '../photos/inspection.ts';
import { PhotoStores, type Walk } from '../photos/photo-stores.ts';
import { concurrently, paced } from '../pipeline/concurrently.ts';
import type { DeployedFunction } from '../pipeline/deployed-function.ts';

/** The function's answer for one photo. */
export interface Fixed {
  readonly key: string;
  /** The outcome, or `unfinished` if it is to be tried again. */
  readonly status: string;
  /** Why it is unfinished. */
  readonly reason?: string | undefined;
}

export interface FixOptions extends Walk {
  /** Maximum invocations started per second. */
  readonly rate: number;
  /** Stops further invocations; those in progress are awaited. */
  readonly interruption: AbortSignal;
}

/** Leaves concurrency of the function for uploads. */
const MAX_AT_ONCE = 20;

/**
 * Asks the function to settle every photo that has no effect, was not finished or not announced, one event for each, and yields its answers in the
 * order of the photos. What is settled meanwhile is not processed or announced again.
 */
export async function* fix(target: DeployedFunction, options: FixOptions, now?: () => number): AsyncGenerator<Fixed> {
  const stores = new PhotoStores(await target.settings());
  const { uploadBucket } = stores.settings;
  const photos = paced(unsettled(stores, options, now), options.rate, options.interruption);
  yield* concurrently(photos, MAX_AT_ONCE, ({ upload: { key } }) => settle(target, uploadBucket, key));
}

async function* unsettled(stores: PhotoStores, walk: Walk, now?: () => number): AsyncGenerator<InspectedPhoto> {
  for await (const { photos } of inspect(stores, walk, now)) yield* photos.filter(({ state }) => findingOf(state) !== undefined);
}

const answerSchema = z.object({ outcomes: z.array(z.object({ status: z.string() })).length(1) });

async function settle(target: DeployedFunction, bucket: string, key: string): Promise<Fixed> {
  const event = reconciledEvent(bucket, key, new Date());
  const { answer, error } = await target.invoke(event);
  const [outcome] = answerSchema.safeParse(answer).data?.outcomes ?? [];
  if (outcome !== undefined && error === undefined) return { key, status: outcome.status };
  return { key, status: 'unfinished', reason: error ?? 'the function gave no outcome' };
}
