import type { Recipe } from './contract/recipe.ts';
import type { ImageLimits } from './image/guard.ts';
import type { renderImage } from './image/render.ts';
import type { Effect, Ledger, Notifier, OriginalStore, RenditionStore } from './ports.ts';

/** What uploads are processed with, made once per container. */
export interface Dependencies {
  readonly originals: OriginalStore;
  readonly renditions: RenditionStore;
  readonly ledger: Ledger;
  readonly notifier: Notifier;
  readonly render: typeof renderImage;
  readonly recipe: Recipe;
  readonly limits: ImageLimits;
  readonly leaseSeconds: number;
  readonly deletePropagation: boolean;
  /** Name of the preset, an attribute of every message. */
  readonly preset: string;
  /** One message per image, or one report per invocation. */
  readonly messageForm: 'image' | 'report';
  /** Whether an effect of this status is announced. */
  readonly announces: (status: Effect['status']) => boolean;
  /** Tells the operator of something that does not change the outcome. */
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** One run of an invocation of the function. */
export interface Invocation {
  /** The request ID: Lambda keeps it for a retry, and may deliver an event twice under it even without an error. A redrive gets a new one. */
  readonly owner: string;
  /** Unique to this run, so that two runs of one request are told apart. */
  readonly run: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds until Lambda ends the invocation. */
  readonly remainingMilliseconds: () => number;
  /** The function's timeout in milliseconds. */
  readonly timeoutMilliseconds: number;
}
