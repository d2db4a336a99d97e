import type { Recipe } from './contract/recipe.ts';
import type { ImageLimits } from './image/guard.ts';
import type { renderImage } from './image/render.ts';
import type { Effect, FailedOriginals, Ledger, Notifier, OriginalStore, RenditionStore } from './ports.ts';

/** Dependencies for processing uploads, made once per container. */
export interface Dependencies {
  readonly originals: OriginalStore;
  readonly renditions: RenditionStore;
  /** Absent if failed originals are neither tagged nor copied. */
  readonly failedOriginals?: FailedOriginals | undefined;
  readonly ledger: Ledger;
  readonly notifier: Notifier;
  readonly render: typeof renderImage;
  readonly recipe: Recipe;
  readonly limits: ImageLimits;
  readonly leaseSeconds: number;
  readonly deletePropagation: boolean;
  /** Whether failed originals are tagged. */
  readonly tagFailed: boolean;
  /** Prefix of the copies of failed originals; absent if there are none. */
  readonly quarantinePrefix?: string | undefined;
  /** Name of the preset, an attribute of every message. */
  readonly preset: string;
  /** One message per image, or one report per invocation. */
  readonly messageForm: 'image' | 'report';
  /** Whether an effect of this status is announced. */
  readonly announces: (status: Effect['status']) => boolean;
  /** Logs a warning for the operator that does not change the outcome. */
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** One run of an invocation of the function. */
export interface Invocation {
  /** The request ID. A retry keeps it, and Lambda may deliver an event twice under it even without an error; a redrive gets a new one. */
  readonly owner: string;
  /** Unique to this run, to distinguish two runs of one request. */
  readonly run: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds until Lambda ends the invocation. */
  readonly remainingMilliseconds: () => number;
  /** The function's timeout in milliseconds. */
  readonly timeoutMilliseconds: number;
}
