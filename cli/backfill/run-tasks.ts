import type { InspectedPhoto } from '../photos/inspection.ts';
import { concurrently, paced } from '../pipeline/concurrently.ts';
import type { DeployedFunction } from '../pipeline/deployed-function.ts';
import { invokeTask, type TaskResult } from './invoke-task.ts';

export interface TaskOptions {
  readonly bucketArn: string;
  readonly job: string;
  /** Invocations that begin in a second at the most. */
  readonly rate: number;
  /** No invocation begins after it; those under way are waited for. */
  readonly interruption: AbortSignal;
}

/** As slow as a photo may be before the rate drops: seconds from the beginning of an invocation to its end. */
const EXPECTED_SECONDS = 3;

/** The SDK keeps 50 connections at the most; uploads that arrive meanwhile need concurrency, too. */
const MOST_AT_ONCE = 50;

/** Invokes the function for one photo after the other; results come in the order of the photos. */
export function runTasks(
  target: DeployedFunction,
  photos: AsyncIterable<InspectedPhoto>,
  options: TaskOptions,
): AsyncGenerator<TaskResult> {
  const { bucketArn, job, rate, interruption } = options;
  const atOnce = Math.min(MOST_AT_ONCE, Math.ceil(rate * EXPECTED_SECONDS));
  return concurrently(paced(photos, rate, interruption), atOnce, ({ upload: { key } }) => invokeTask(target, { key, bucketArn, job }));
}
