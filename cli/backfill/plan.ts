import { type InspectedPhoto, inspect } from '../photos/inspection.ts';
import { describeState } from '../photos/photo-state.ts';
import type { PhotoStores, Walk } from '../photos/photo-stores.ts';
import { type Findings, Tally } from '../photos/tally.ts';
import type { Counter } from '../terminal/progress.ts';
import { counted } from '../terminal/text.ts';

/**
 * Yields the photos that a backfill processes: those without a record, failed, made with other settings or left unfinished. Skips failures that
 * the same job recorded.
 */
export async function* candidates(stores: PhotoStores, walk: Walk, job: string): AsyncGenerator<InspectedPhoto> {
  for await (const { photos } of inspect(stores, walk)) {
    yield* photos.filter(({ state, backfillJob }) => describeState(state).backfill && !(state === 'failed' && backfillJob === job));
  }
}

/** Counts the photos that a backfill would process. */
export async function countCandidates(photos: AsyncIterable<InspectedPhoto>, counter: Counter): Promise<Findings> {
  const tally = new Tally(0);
  let total = 0;
  for await (const photo of photos) {
    tally.count(photo);
    counter.show(++total, photo.upload.key);
  }
  return tally.findings();
}

/** Returns what a backfill would process, by reason. */
export function planText({ states, failureCodes }: Findings, rate: number): string {
  const reasons = [...states].filter(([, { count }]) => count > 0);
  const total = reasons.reduce((sum, [, { count }]) => sum + count, 0);
  const lines = [
    `To process: ${counted(total, 'photo')}`,
    ...reasons.map(([state, { count }]) => {
      const codes = state === 'failed' ? Object.entries(failureCodes).map(([code, of]) => `${code} ${of.toLocaleString('en')}`) : [];
      return `  ${describeState(state).label.padEnd(17)}${count.toLocaleString('en').padStart(9)}  ${codes.join(', ')}`.trimEnd();
    }),
    ...(total > 0 ? [`Nothing was invoked. --apply processes them in about ${minutes(total / rate)} (--rate ${rate}).`] : []),
  ];
  return lines.join('\n');
}

function minutes(seconds: number): string {
  return counted(Math.ceil(seconds / 60), 'minute');
}
