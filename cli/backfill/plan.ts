import type { InspectedPhoto } from '../photos/inspection.ts';
import { stateWords } from '../photos/photo-state.ts';
import { type Findings, Tally } from '../photos/tally.ts';
import { counted } from '../terminal/counted.ts';
import type { Counter } from '../terminal/progress-counter.ts';

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

/** What a backfill would do, by reason. */
export function planText({ states, failureCodes }: Findings, rate: number): string {
  const reasons = [...states].filter(([, { count }]) => count > 0);
  const total = reasons.reduce((sum, [, { count }]) => sum + count, 0);
  const lines = [
    `To process: ${counted(total, 'photo')}`,
    ...reasons.map(([state, { count }]) => {
      const codes = state === 'failed' ? Object.entries(failureCodes).map(([code, of]) => `${code} ${of.toLocaleString('en')}`) : [];
      return `  ${stateWords(state).label.padEnd(17)}${count.toLocaleString('en').padStart(9)}  ${codes.join(', ')}`.trimEnd();
    }),
    ...(total > 0 ? [`Nothing was invoked. --apply processes them in about ${minutes(total / rate)} (--rate ${rate}).`] : []),
  ];
  return lines.join('\n');
}

function minutes(seconds: number): string {
  return counted(Math.ceil(seconds / 60), 'minute');
}
