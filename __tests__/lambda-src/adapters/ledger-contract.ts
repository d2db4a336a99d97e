import { describe, expect, test } from '@jest/globals';
import { padSequencer } from '../../../lambda-src/events/sequencer.ts';
import type { Ledger, UploadEvent } from '../../../lambda-src/ports.ts';
import { aClaim, FAILED, PROCESSED } from '../upload-event.ts';

const LATER = { sequencer: padSequencer('0056'), versionId: 'v2', etag: 'e2' };
const BACKFILL = { kind: 'backfill', sequencer: '', job: 'job-1' } as const;

/** What every ledger must do, the one in memory and the one in DynamoDB alike. */
export function itIsALedger(make: () => Promise<Ledger>): void {
  const finished = async (effect = PROCESSED, announce = true): Promise<Ledger> => {
    const ledger = await make();
    await ledger.claim(aClaim());
    await ledger.commit(aClaim(), effect, announce);
    return ledger;
  };

  describe('claiming', () => {
    test('is granted where there is no record', async () => {
      expect(await (await make()).claim(aClaim())).toMatchObject({ status: 'claimed', notified: false });
    });

    test('is granted to one of twenty that ask at once', async () => {
      const ledger = await make();

      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ledger.claim(aClaim({ owner: `request-${i}` }))));

      expect(answers.filter(({ status }) => status === 'claimed')).toHaveLength(1);
    });

    test('is refused with the record while another invocation holds the claim', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.claim(aClaim({ owner: 'request-2' }))).toMatchObject({
        status: 'refused',
        record: { status: 'processing', owner: 'request-1', sequencer: padSequencer('0055'), versionId: 'v1', leaseExpiresAt: 2_000 },
      });
    });

    test('is granted again at once to the retry of the same request', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.claim(aClaim())).toMatchObject({ status: 'claimed' });
    });

    test('is granted to another invocation from the moment the lease ran out', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.claim(aClaim({ owner: 'request-2', now: 1_999 }))).toMatchObject({ status: 'refused' });
      expect(await ledger.claim(aClaim({ owner: 'request-2', now: 2_000 }))).toMatchObject({ status: 'claimed' });
    });

    test('is granted to a newer event at any time', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.claim(aClaim({ owner: 'request-2', event: LATER }))).toMatchObject({ status: 'claimed', notified: false });
    });

    test('is refused to an older event', async () => {
      const ledger = await make();
      await ledger.claim(aClaim({ event: LATER }));

      expect(await ledger.claim(aClaim({ owner: 'request-2', now: 9_999 }))).toMatchObject({
        status: 'refused',
        record: { versionId: 'v2' },
      });
    });

    test('is refused for a finished event, with the effect that is still to be announced', async () => {
      const ledger = await finished();

      const answer = await ledger.claim(aClaim({ now: 9_999 }));

      expect(answer).toMatchObject({ status: 'refused', record: { status: 'processed', notified: false } });
      expect(answer.status === 'refused' && answer.record.effect).toEqual(PROCESSED);
    });

    test('keeps two keys apart', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.claim(aClaim({ owner: 'request-2', event: { key: 'other.jpg' } }))).toMatchObject({ status: 'claimed' });
    });
  });

  describe('committing', () => {
    test('records the effect of who holds the claim', async () => {
      const ledger = await finished();

      expect(await ledger.read('uploads', 'photo.jpg')).toMatchObject({ status: 'processed', notified: false, effect: PROCESSED });
    });

    test('records a failure', async () => {
      const ledger = await finished(FAILED);

      expect(await ledger.read('uploads', 'photo.jpg')).toMatchObject({ status: 'failed', effect: FAILED });
    });

    test('is repeated by whoever lost the answer', async () => {
      const ledger = await finished();

      expect(await ledger.commit(aClaim(), PROCESSED, true)).toBe(true);
    });

    test('is refused once a newer event took over', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.claim(aClaim({ owner: 'request-2', event: LATER }));

      expect(await ledger.commit(aClaim(), PROCESSED, true)).toBe(false);
      expect(await ledger.read('uploads', 'photo.jpg')).toMatchObject({ status: 'processing', versionId: 'v2' });
    });

    test('is refused once another invocation took over the same event', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.claim(aClaim({ owner: 'request-2', now: 2_000 }));

      expect(await ledger.commit(aClaim(), PROCESSED, true)).toBe(false);
    });

    test('counts as announced when nothing is to be announced', async () => {
      const ledger = await finished(PROCESSED, false);

      expect(await ledger.read('uploads', 'photo.jpg')).toMatchObject({ notified: true });
    });
  });

  describe('announcing', () => {
    test('is marked by who holds the claim, and again by whoever lost the answer', async () => {
      const ledger = await finished();

      expect([await ledger.markNotified(aClaim()), await ledger.markNotified(aClaim())]).toEqual([true, true]);
      expect(await ledger.read('uploads', 'photo.jpg')).toMatchObject({ notified: true });
    });

    test('is taken over by the same request at once, by another when the lease ran out', async () => {
      const ledger = await finished();

      expect(await ledger.takeOver(aClaim({ owner: 'request-2', now: 1_999 }))).toBe(false);
      expect(await ledger.takeOver(aClaim())).toBe(true);
      expect(await ledger.takeOver(aClaim({ owner: 'request-2', now: 2_000, leaseExpiresAt: 3_000 }))).toBe(true);
      expect(await ledger.takeOver(aClaim({ owner: 'request-3', now: 2_500 }))).toBe(false);
      expect(await ledger.markNotified(aClaim())).toBe(false);
    });

    test('is not taken over once it is marked', async () => {
      const ledger = await finished();
      await ledger.markNotified(aClaim());

      expect(await ledger.takeOver(aClaim())).toBe(false);
    });

    test('starts anew with a newer event', async () => {
      const ledger = await finished();
      await ledger.markNotified(aClaim());
      await ledger.claim(aClaim({ event: LATER }));

      expect(await ledger.read('uploads', 'photo.jpg')).toMatchObject({ notified: false });
    });
  });

  describe('releasing', () => {
    test.each(['superseded', 'gone'] as const)('ends the claim as %s, with nothing to announce', async (status) => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.release(aClaim(), status)).toBe(true);
      const record = await ledger.read('uploads', 'photo.jpg');
      expect(record).toMatchObject({ status });
      expect(record?.effect).toBeUndefined();
    });

    test('for a retry lets any invocation claim at once', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.release(aClaim(), 'processing');

      expect(await ledger.claim(aClaim({ owner: 'request-2' }))).toMatchObject({ status: 'claimed' });
    });

    test('does not undo a commit whose answer was lost', async () => {
      const ledger = await finished();

      expect(await ledger.release(aClaim(), 'processing')).toBe(false);
      expect(await ledger.read('uploads', 'photo.jpg')).toMatchObject({ status: 'processed' });
    });

    test('is refused once another took over', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.claim(aClaim({ owner: 'request-2', event: LATER }));

      expect(await ledger.release(aClaim(), 'superseded')).toBe(false);
    });
  });

  describe('a backfill', () => {
    const backfill = (event: Partial<UploadEvent> = {}, different = {}) =>
      aClaim({ owner: 'batch-1', now: 5_000, leaseExpiresAt: 6_000, ...different, event: { ...BACKFILL, ...event } });

    test('fills a gap, and loses against the event when it comes', async () => {
      const ledger = await make();

      expect(await ledger.claim(backfill())).toMatchObject({ status: 'claimed' });
      expect(await ledger.claim(aClaim())).toMatchObject({ status: 'claimed' });
    });

    test('never wins against another version', async () => {
      const ledger = await finished();

      expect(await ledger.claim(backfill({ versionId: 'v0', etag: 'e0' }))).toMatchObject({
        status: 'refused',
        record: { versionId: 'v1' },
      });
    });

    test('renews the record of a deleted version for whatever stands there, with its sequencer', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.release(aClaim(), 'gone');

      expect(await ledger.claim(backfill({ versionId: 'v0', etag: 'e0' }))).toMatchObject({
        status: 'claimed',
        event: { sequencer: padSequencer('0055'), versionId: 'v0' },
      });
    });

    test('leaves alone what was processed with the same recipe', async () => {
      expect(await (await finished()).claim(backfill())).toMatchObject({ status: 'refused' });
    });

    test('renews what was processed with another recipe, with the sequencer of the record', async () => {
      const ledger = await finished(PROCESSED, false);

      expect(await ledger.claim(backfill({}, { recipeHash: 'recipe-2' }))).toMatchObject({
        status: 'claimed',
        event: { sequencer: padSequencer('0055') },
        notified: true,
      });
    });

    test('renews a failure once per job', async () => {
      const ledger = await finished(FAILED, false);
      const answer = await ledger.claim(backfill());
      const claim = answer.status === 'claimed' ? { ...backfill(), event: answer.event } : backfill();
      await ledger.commit(claim, FAILED, false);

      expect(await ledger.claim(backfill())).toMatchObject({ status: 'refused' });
      expect(await ledger.claim(backfill({ job: 'job-2' }))).toMatchObject({ status: 'claimed' });
    });

    test('waits for a claim that is still held', async () => {
      const ledger = await make();
      await ledger.claim(aClaim({ leaseExpiresAt: 5_001 }));

      expect(await ledger.claim(backfill())).toMatchObject({ status: 'refused', record: { status: 'processing', byBackfill: false } });
    });
  });
}
