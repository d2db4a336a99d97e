import { describe, expect, test } from '@jest/globals';
import { RECONCILIATION } from '../../../lambda-src/backfill.ts';
import { padSequencer } from '../../../lambda-src/events/sequencer.ts';
import type { Claim, Ledger, UploadEvent } from '../../../lambda-src/ports.ts';
import { aClaim, FAILED, PROCESSED } from '../upload-event.ts';
import { ANNOUNCED, aSending, BACKFILL, LATER, read, SILENT, settledBy, started } from './ledger-fixtures.ts';

/** The part of the contract about messages, deletions, and claims that end without an effect. */
export function itEndsClaims(make: () => Promise<Ledger>): void {
  const settled = settledBy(make);
  const newer = aClaim({ owner: 'request-2', event: LATER });

  describe('sending a message', () => {
    test('is reserved by one run, which may repeat the reservation', async () => {
      const ledger = await settled();

      expect(await ledger.startSending(aSending())).toBe(true);
      expect(await ledger.startSending(aSending())).toBe(true);
      expect(await ledger.startSending(aSending({ run: 'other', now: 1_029 }))).toBe(false);
      expect(await read(ledger)).toMatchObject({ notified: false, announcement: { state: 'sending', expiresAt: 1_030 } });
    });

    test('can be taken over when the reservation expires', async () => {
      const ledger = await settled();
      await started(ledger);

      expect(await ledger.startSending(aSending({ run: 'other', now: 1_030, expiresAt: 1_060 }))).toBe(true);
      await ledger.finishSending(aSending(), true);
      expect(await read(ledger)).toMatchObject({ notified: false });
    });

    test('can be taken over immediately after it is given up', async () => {
      const ledger = await settled();
      await ledger.finishSending(await started(ledger), false);

      expect(await ledger.startSending(aSending({ run: 'other' }))).toBe(true);
    });

    test('leaves nothing owed, even if a run that lost the response repeats it', async () => {
      const ledger = await settled();
      const sending = await started(ledger);
      await ledger.finishSending(sending, true);
      await ledger.finishSending(sending, true);

      expect(await read(ledger)).toMatchObject({ status: 'processed', notified: true });
      expect(await ledger.startSending(aSending())).toBe(false);
    });

    test('is not reserved for an effect that was replaced or owes no message', async () => {
      const ledger = await settled(PROCESSED, SILENT);
      expect(await ledger.startSending(aSending())).toBe(false);

      await ledger.claim(newer);
      await ledger.commit(newer, PROCESSED, ANNOUNCED);
      expect(await ledger.startSending(aSending())).toBe(false);
    });

    test('does not affect the claim of a newer event', async () => {
      const ledger = await settled();
      const sending = await started(ledger);
      await ledger.claim(newer);
      await ledger.finishSending(sending, true);

      expect(await read(ledger)).toMatchObject({ status: 'processing', owner: 'request-2', leaseExpiresAt: 2_000 });
    });
  });

  describe('forgetting', () => {
    test.each(['processing', 'gone'] as const)('removes everything about the photo except the reported versions (%s)', async (status) => {
      const ledger = await settled(PROCESSED, SILENT);
      await ledger.claim(newer);

      expect(await ledger.forget(newer, status)).toEqual({ status: 'settled' });
      const record = await read(ledger);
      expect(record).toMatchObject({ status, sequencer: LATER.sequencer, reportedVersions: ['v1'], notified: true });
      expect([record?.effect, record?.versionId, record?.etag, record?.renditionsOf]).toEqual([undefined, undefined, undefined, undefined]);
    });

    test('is refused while a message is owed or after the claim was taken over', async () => {
      const ledger = await settled();
      await ledger.claim(newer);

      expect(await ledger.forget(newer, 'processing')).toMatchObject({ status: 'refused', record: { run: 'request-2' } });
      expect(await ledger.forget(aClaim(), 'gone')).toMatchObject({ status: 'refused', record: { run: 'request-2' } });
    });
  });

  describe('releasing', () => {
    test('ends the claim and leaves no effect if nothing was settled', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.release(aClaim(), 'superseded')).toBe(true);
      expect(await read(ledger)).toMatchObject({ status: 'superseded', notified: true });
    });

    test('restores the status of the existing effect', async () => {
      const ledger = await settled(PROCESSED, SILENT);
      await ledger.claim(newer);

      expect(await ledger.release(newer, 'processed')).toBe(true);
      expect(await read(ledger)).toMatchObject({ status: 'processed', effect: PROCESSED, versionId: 'v1', sequencer: LATER.sequencer });
    });

    test('as gone no longer describes a photo, but says which version the remaining renditions belong to', async () => {
      const ledger = await settled(PROCESSED, SILENT);
      await ledger.claim(newer);
      await ledger.release(newer, 'gone');

      const record = await read(ledger);
      expect(record).toMatchObject({ status: 'gone', renditionsOf: { versionId: 'v1' } });
      expect(record?.effect).toBeUndefined();
    });

    test('for a retry lets any invocation claim immediately', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.release(aClaim(), 'processing');

      expect(await ledger.claim(aClaim({ owner: 'request-2' }))).toMatchObject({ status: 'claimed' });
    });

    test('does not undo a commit whose response was lost', async () => {
      const ledger = await settled();

      expect(await ledger.release(aClaim(), 'processing')).toBe(false);
      expect(await read(ledger)).toMatchObject({ status: 'processed' });
    });

    test('is refused after another run took over', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.claim(newer);

      expect(await ledger.release(aClaim(), 'superseded')).toBe(false);
    });
  });

  describe('a backfill', () => {
    const backfill = (event: Partial<UploadEvent> = {}, different: Partial<Claim> = {}) =>
      aClaim({ owner: 'batch-1', now: 5_000, leaseExpiresAt: 6_000, ...different, event: { ...BACKFILL, ...event } });

    test('fills a gap, and yields to the event when it arrives', async () => {
      const ledger = await make();

      expect(await ledger.claim(backfill())).toMatchObject({ status: 'claimed' });
      expect(await ledger.claim(aClaim())).toMatchObject({ status: 'claimed' });
    });

    test('may settle a version that the record does not describe, using the sequencer of the record', async () => {
      const ledger = await settled();

      expect(await ledger.claim(backfill({ versionId: 'v2', etag: 'e2' }))).toMatchObject({
        status: 'claimed',
        event: { sequencer: padSequencer('0055'), versionId: 'v2' },
      });
    });

    test('may settle the current version if the record says that the photo is gone', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.forget(aClaim(), 'gone');

      expect(await ledger.claim(backfill({ versionId: 'v0', etag: 'e0' }))).toMatchObject({ status: 'claimed' });
    });

    test('is refused for a photo that was processed with the same recipe', async () => {
      expect(await (await settled()).claim(backfill())).toMatchObject({ status: 'refused' });
    });

    test('processes a photo again after the recipe has changed', async () => {
      expect(await (await settled()).claim(backfill({}, { recipeHash: 'recipe-2' }))).toMatchObject({ status: 'claimed' });
    });

    test('retries a failure once per job', async () => {
      const ledger = await settled(FAILED, SILENT);
      const answer = await ledger.claim(backfill());
      const claim = answer.status === 'claimed' ? { ...backfill(), event: answer.event } : backfill();
      await ledger.commit(claim, FAILED, SILENT);

      expect(await ledger.claim(backfill())).toMatchObject({ status: 'refused' });
      expect(await ledger.claim(backfill({ job: 'job-2' }))).toMatchObject({ status: 'claimed' });
    });

    test('stays just before an event that could not finish, so that the event is still newer when it comes again', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.release(aClaim(), 'processing');

      expect(await ledger.claim(backfill())).toMatchObject({ status: 'claimed', event: { sequencer: padSequencer('0055').slice(0, -1) } });
      expect(await ledger.claim(aClaim({ run: 'retry', owner: 'redrive' }))).toMatchObject({ status: 'claimed' });
    });

    test('that finds the photo deleted keeps its claim apart from those of events while it erases', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.release(aClaim(), 'processing');
      const claim = backfill({ kind: 'removed', job: RECONCILIATION });
      const { event } = { event: claim.event, ...(await ledger.claim(claim)) };

      expect(await ledger.forget({ ...claim, event }, 'processing')).toEqual({ status: 'settled' });
      expect(await ledger.read('uploads', 'photo.jpg')).toMatchObject({ status: 'processing', byBackfill: true });
      expect(await ledger.forget({ ...claim, event }, 'gone')).toEqual({ status: 'settled' });
      expect(await ledger.read('uploads', 'photo.jpg')).toMatchObject({ status: 'gone', byBackfill: false });
    });

    test('is refused while another run holds the claim', async () => {
      const ledger = await make();
      await ledger.claim(aClaim({ leaseExpiresAt: 5_001 }));

      expect(await ledger.claim(backfill())).toMatchObject({ status: 'refused', record: { status: 'processing', byBackfill: false } });
    });
  });
}
