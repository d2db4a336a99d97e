import { readableText } from '../../local/ui/readable.ts';
import type { TaskResult } from './invoke-task.ts';

/** A function that cannot start would otherwise be asked for every photo of the bucket. */
const MOST_FAULTS_IN_A_ROW = 20;

/** What a backfill has done so far. */
export class BackfillRun {
  readonly #counts = new Map<TaskResult['code'], Map<string, number>>();
  #done = 0;
  #faultsInARow = 0;
  /** The last photo such that it and all before it are finished. */
  lastKey = '';

  /** How many photos are finished. */
  get done(): number {
    return this.#done;
  }

  /** Whether to stop because the function itself is broken. */
  get isHopeless(): boolean {
    return this.#faultsInARow >= MOST_FAULTS_IN_A_ROW;
  }

  /** Whether some photos have to be tried again. */
  get hasFaults(): boolean {
    return this.#counts.has('TemporaryFailure');
  }

  add({ key, code, detail }: TaskResult): void {
    this.#done += 1;
    this.lastKey = key;
    this.#faultsInARow = code === 'TemporaryFailure' ? this.#faultsInARow + 1 : 0;
    const details = this.#counts.get(code) ?? new Map<string, number>();
    this.#counts.set(code, details.set(detail, (details.get(detail) ?? 0) + 1));
  }

  /** A line for each result code: `Succeeded 12 (processed 10, duplicate 2)`. */
  summary(): string {
    if (this.#done === 0) return 'Nothing was invoked.';
    return [...this.#counts].map(([code, details]) => `${code} ${total(details)} (${listed(details)})`).join('\n');
  }
}

function total(details: ReadonlyMap<string, number>): string {
  return [...details.values()].reduce((sum, count) => sum + count, 0).toLocaleString('en');
}

/** Reasons are few; messages of a broken function may not be. */
const MOST_REASONS = 8;

function listed(details: ReadonlyMap<string, number>): string {
  const reasons = [...details].slice(0, MOST_REASONS).map(([detail, count]) => `${readableText(detail)} ${count.toLocaleString('en')}`);
  return [...reasons, ...(details.size > MOST_REASONS ? [`and ${details.size - MOST_REASONS} more reasons`] : [])].join(', ');
}
