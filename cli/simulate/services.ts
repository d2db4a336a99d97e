import { NEW_TABLE_WRITES } from '../estimate/limits.ts';

/** Execution environments that a function can add in ten seconds (https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html#scaling-rate). */
const ADDED_PER_WINDOW = 1_000;
const WINDOW_SECONDS = 10;

/** How long an idle environment stays: our assumption, AWS does not say. */
const IDLE_SECONDS = 300;

/** The function's execution environments. */
export class Environments {
  readonly #limit: number;
  #budget = ADDED_PER_WINDOW;
  /** Most in use in this period and in the one before. */
  #inUse = 0;
  #before = 0;
  /** Most ever in use. */
  peak = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns how many of the wanted environments are available in this second. */
  grant(now: number, wanted: number): number {
    if (now % WINDOW_SECONDS === 0) this.#budget = ADDED_PER_WINDOW;
    if (now % IDLE_SECONDS === 0) {
      this.#before = this.#inUse;
      this.#inUse = 0;
    }
    const existing = Math.max(this.#inUse, this.#before);
    const needed = Math.min(Math.ceil(wanted), this.#limit);
    const added = Math.max(0, Math.min(needed - existing, this.#budget));
    this.#budget -= added;
    const granted = Math.min(needed, existing + added);
    this.#inUse = Math.max(this.#inUse, granted);
    this.peak = Math.max(this.peak, granted);
    return Math.min(wanted, granted);
  }
}

/** Default quota of write units per second of an on-demand table (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html). */
const TABLE_QUOTA = 40_000;

/** An on-demand table takes twice its previous peak; beyond that, it needs about this long to grow (same page). */
const GROWTH_SECONDS = 1_800;

/** The capacity of an on-demand table, which grows with its use. */
export class TableCapacity {
  #capacity: number;
  #peak = 0;
  #periodStart = 0;
  #second = -1;
  #used = 0;

  /** @param warm write units that the table is prepared for */
  constructor(warm: number) {
    this.#capacity = Math.max(NEW_TABLE_WRITES, warm);
  }

  /** Returns the write units that are left in this second. */
  capacity(now: number): number {
    if (now - this.#periodStart >= GROWTH_SECONDS) {
      this.#capacity = Math.min(TABLE_QUOTA, Math.max(this.#capacity, 2 * this.#peak));
      this.#peak = 0;
      this.#periodStart = now;
    }
    return Math.max(0, this.#capacity - this.#usedIn(now));
  }

  use(now: number, units: number): void {
    this.#used = this.#usedIn(now) + units;
    this.#peak = Math.max(this.#peak, this.#used);
  }

  #usedIn(now: number): number {
    if (this.#second !== now) {
      this.#second = now;
      this.#used = 0;
    }
    return this.#used;
  }
}
