import type { UploadResult } from '../function/delivery-results.ts';
import type { Delivery } from './delivery.ts';

/** What has happened since the start, in figures. */
export interface Totals {
  readonly outcomes: Record<UploadResult['status'], number>;
  /** Bytes of the originals that were rendered, and of their renditions. */
  bytesBefore: number;
  bytesAfter: number;
  mails: number;
  /** Workers that died. */
  crashes: number;
}

/** Nothing yet. */
export function totalsAtStart(): Totals {
  const outcomes = { deadLettered: 0, processed: 0, failed: 0, duplicate: 0, superseded: 0, gone: 0, ignored: 0 };
  return { outcomes, bytesBefore: 0, bytesAfter: 0, mails: 0, crashes: 0 };
}

/** Counts what has an outcome. */
export function countIn(totals: Totals, { status, outputs, bytes = 0, crashes }: Delivery): void {
  if (status === 'waiting' || status === 'working') return;
  totals.outcomes[status]++;
  totals.crashes += crashes;
  if (outputs.length === 0) return;
  totals.bytesBefore += bytes;
  totals.bytesAfter += outputs.reduce((sum, output) => sum + output.bytes, 0);
}
