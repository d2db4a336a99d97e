import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import type { Mutation } from './history.ts';

/**
 * What can happen at a call: the run dies before its first call or right after any; the call fails without effect, or only its answer is
 * lost; S3 does not find what is there. And everything can stall for longer than leases and reservations last.
 */
export const FAULTS = ['dieFirst', 'die', 'fail', 'lose', 'false404', 'stall'] as const;
export type FaultKind = (typeof FAULTS)[number];

/** What happens to one key, under which settings, and how much of it can go wrong. */
export interface Scenario {
  readonly mutations: readonly Mutation[];
  /** How often each event is delivered; once, if absent. 0: the event is lost. */
  readonly deliveries: readonly number[];
  /** Whether the copies of an event carry one request ID. */
  readonly sameRequest: boolean;
  /** The mutations after which a backfill of the then current version is delivered. */
  readonly backfills: readonly number[];
  /** The mutations after which a reconciliation asks for the key. */
  readonly reconciliations: readonly number[];
  /** After how many mutations the table was backed up. When everything is at rest, it is restored from there, and a reconciliation asks for the key. */
  readonly restoredFrom?: number | undefined;
  /** How many invocations run at once. */
  readonly concurrency: number;
  readonly faults: readonly FaultKind[];
  /** How many of them occur. */
  readonly faultCount: number;
  readonly deletePropagation: boolean;
  readonly publish: HandlerSettings['publish'];
  readonly renditions: 1 | 2;
  readonly manifest: boolean;
  /** Whether failed originals are tagged and copied. Default: no. */
  readonly marksFailures?: boolean;
}

export const PLAIN: Omit<Scenario, 'mutations'> = {
  ...{ deliveries: [], sameRequest: false, backfills: [], reconciliations: [], concurrency: 1, faults: FAULTS, faultCount: 0 },
  ...{ deletePropagation: true, publish: ['processed', 'failed'], renditions: 1, manifest: false },
};

/** How often the event of a mutation is delivered: without delete propagation the function receives uploads only. */
export function copiesOf({ mutations, deletePropagation, deliveries }: Scenario, mutation: number): number {
  const isTold = deletePropagation || mutations[mutation - 1]?.kind === 'put';
  return isTold ? (deliveries[mutation - 1] ?? 1) : 0;
}

/** Whether a mutation leads to any delivery. */
export function isHeardOf(scenario: Scenario, mutation: number): boolean {
  const { backfills, reconciliations } = scenario;
  return copiesOf(scenario, mutation) > 0 || backfills.includes(mutation) || reconciliations.includes(mutation);
}
