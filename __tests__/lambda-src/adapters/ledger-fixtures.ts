import { expect } from '@jest/globals';
import { padSequencer } from '../../../lambda-src/events/sequencer.ts';
import type { CommitOptions, Effect, Ledger, Sending } from '../../../lambda-src/ports.ts';
import { aClaim, PROCESSED } from '../upload-event.ts';

export const LATER = { sequencer: padSequencer('0056'), versionId: 'v2', etag: 'e2' };
export const BACKFILL = { kind: 'backfill', sequencer: '', job: 'job-1' } as const;
export const ANNOUNCED = { announce: true, reported: ['v1'] };
export const SILENT = { announce: false, reported: ['v1'] };
export const read = (ledger: Ledger) => ledger.read('uploads', 'photo.jpg');

/** Makes an attempt to send the message of the effect that `request-1` committed. */
export function aSending(different: Partial<Sending> = {}): Sending {
  return {
    bucket: 'uploads',
    key: 'photo.jpg',
    commit: 'request-1',
    owner: 'request-1',
    run: 'request-1',
    now: 1_000,
    expiresAt: 1_030,
    ...different,
  };
}

/** Returns a function that makes a ledger with a committed effect. */
export function settledBy(make: () => Promise<Ledger>) {
  return async (effect: Effect = PROCESSED, options: CommitOptions = ANNOUNCED): Promise<Ledger> => {
    const ledger = await make();
    await ledger.claim(aClaim());
    await ledger.commit(aClaim(), effect, options);
    return ledger;
  };
}

/** Reserves the message of the effect. */
export async function started(ledger: Ledger, different: Partial<Sending> = {}): Promise<Sending> {
  expect(await ledger.startSending(aSending(different))).toBe(true);
  return aSending(different);
}
