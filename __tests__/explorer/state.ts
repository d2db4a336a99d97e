import type { Log } from './invocation.ts';
import type { Memory, Observation, Origin } from './observation.ts';
import type { FaultKind } from './scenario.ts';

export interface Delivery {
  /** The mutation that the event reports. */
  readonly mutation: number;
  readonly origin: Origin;
  readonly request: string;
  /** Distinguishes deliveries with one request ID. */
  readonly copy: number;
  readonly attempt: number;
}

export interface Running {
  readonly delivery: Delivery;
  readonly run: string;
  readonly startedAt: number;
  /** How many mutations there were when it began. */
  readonly since: number;
  /** Whether its event was settled, or older than what was settled, when it began. */
  readonly noNews: boolean;
  readonly committed: readonly string[];
  readonly published: readonly string[];
  /** Whether S3 finds nothing for it (a false 404). */
  readonly blind: boolean;
  /** Whether its commit took effect and the answer was lost. */
  readonly lostCommit: boolean;
  /** How many renditions it removed. */
  readonly removals: number;
  readonly log: Log;
  /** What it waits for. */
  readonly calls: readonly { readonly id: number; readonly name: string }[];
}

/** Everything that the future depends on. */
export interface State {
  readonly done: number;
  readonly clock: number;
  readonly stores: unknown;
  readonly seen: Observation;
  readonly waiting: readonly Delivery[];
  readonly running: readonly Running[];
  readonly dead: readonly Delivery[];
  readonly redrives: number;
  readonly faultsLeft: number;
  /** What the stores held when the table was backed up; undefined before, and after it was restored. */
  readonly backup?: unknown;
  readonly isRestored: boolean;
  readonly memory: Memory;
}

export type Action =
  | { readonly kind: 'mutate' }
  /** An invocation begins and makes its first call. `mutates`: the next mutation happens before, and the delivery is the first of its event. */
  | { readonly kind: 'start'; readonly delivery: number; readonly mutates?: boolean; readonly fault?: FaultKind | undefined }
  | { readonly kind: 'call'; readonly running: number; readonly call: number; readonly fault?: FaultKind | undefined }
  /** Time passes while invocations run, longer than any lease or reservation. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'redrive' }
  /** The table is restored from its backup. */
  | { readonly kind: 'restore' };

export function nameIn({ request, copy, attempt }: Delivery): string {
  return `${request}/${copy}#${attempt}`;
}
