import type { Delivery, Running } from './state.ts';

export type Status = 'processed' | 'failed';

/** Who delivers: S3, a job of S3 Batch Operations, or a reconciliation. */
export type Origin = 'event' | 'backfill' | 'reconciliation';

/** What can be seen of a key from outside. */
export interface Observation {
  readonly record?:
    | {
        readonly status: string;
        /** The newest mutation that was claimed, and whether only a claim is open for it. */
        readonly mutation: number;
        /** The run that holds an open claim. */
        readonly run?: string | undefined;
        /** The committed effect: the version it belongs to, and what distinguishes one commit from another. */
        readonly effect?: { readonly status: Status; readonly version: string | undefined; readonly commit: string } | undefined;
        readonly renditionsOf?: string | undefined;
        /** Whether a message is owed for the effect. */
        readonly owes: boolean;
        /** Whether anything shows or names the photo. */
        readonly shows: boolean;
        readonly expires: boolean;
        readonly leaseExpiresAt: number;
        readonly reported: number;
      }
    | undefined;
  /** The versions of every rendition, the newest last. */
  readonly renditions: Readonly<Record<string, readonly SeenRendition[]>>;
  /** The versions of the manifest, the newest last; undefined if the recipe has none. */
  readonly manifest?: readonly SeenManifest[] | undefined;
  /** The versions of the original that are tagged as failed; empty if none is. */
  readonly tagged: readonly string[];
  /** The copies of failed originals. */
  readonly copies: readonly Omit<SeenRendition, 'hash'>[];
}

export interface SeenRendition {
  readonly version: string | undefined;
  readonly content: string;
  /** Digest of the bytes. */
  readonly hash: string;
}

export interface SeenManifest {
  /** The version that its metadata names. */
  readonly version: string | undefined;
  /** The version that it says it describes. */
  readonly describes: string | undefined;
  readonly status: string;
  /** The renditions that it lists. */
  readonly picture?: { readonly version: string | undefined; readonly hashes: Readonly<Record<string, string>> } | undefined;
}

/** One effect that was reported, in a message or a metric. */
export interface Announced {
  readonly version: string;
  readonly status: Status;
}

/** The invocation that acted. */
export interface Actor
  extends Pick<Delivery, 'mutation' | 'origin'>,
    Pick<Running, 'run' | 'startedAt' | 'since' | 'noNews' | 'committed' | 'published'> {
  /** How many calls it made, without those that removed a rendition: each of these brings it nearer to its end. */
  readonly calls: number;
}

export interface Step {
  readonly before: Observation;
  readonly after: Observation;
  /** How many mutations there are. */
  readonly done: number;
  readonly now: number;
  readonly actor?: Actor | undefined;
  readonly published: readonly Announced[];
  readonly counted: readonly Announced[];
  readonly outcome?: string | undefined;
}

/** What happened to the effects of one version so far. */
export interface Tally {
  readonly version: string;
  /** A reconciliation stands for the event that was lost. */
  readonly origin: Exclude<Origin, 'reconciliation'>;
  readonly status: Status;
  readonly commits: number;
  readonly announced: number;
  readonly counted: number;
  /** How many messages may be repeated, as a fault came between publishing and marking (P6). */
  readonly mayRepeat: number;
  /** How many effects may be missing from the metrics, as a fault came between committing and counting (P7). */
  readonly mayMiss: number;
}

export interface Memory {
  readonly tallies: Readonly<Record<string, Tally>>;
  /** The version of the last good effect. */
  readonly lastGood?: string | undefined;
  /** Whether the table was restored. If the current version then fails, the record does not know whose renditions are there. */
  readonly isRestored?: boolean;
}

export const NOTHING_YET: Memory = { tallies: {} };

/** Whose effects an origin makes: those of a reconciliation are announced and counted as those of events. */
export function tallied(origin: Origin = 'event'): Tally['origin'] {
  return origin === 'backfill' ? 'backfill' : 'event';
}

export function committed(before: Observation, after: Observation) {
  const effect = after.record?.effect;
  return effect !== undefined && effect.commit !== before.record?.effect?.commit ? effect : undefined;
}
