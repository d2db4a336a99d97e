import { describe, expect, test } from '@jest/globals';
import { RECONCILIATION } from '../../../lambda-src/backfill.ts';
import { padSequencer } from '../../../lambda-src/events/sequencer.ts';
import type { Claim, CommitOptions, Effect, Ledger, Sending, UploadEvent } from '../../../lambda-src/ports.ts';
import { aClaim, DESCRIBED, FAILED, LISTED, PROCESSED } from '../upload-event.ts';

const LATER = { sequencer: padSequencer('0056'), versionId: 'v2', etag: 'e2' };
const BACKFILL = { kind: 'backfill', sequencer: '', job: 'job-1' } as const;
const ANNOUNCED = { announce: true, reported: ['v1'] };
const SILENT = { announce: false, reported: ['v1'] };
const read = (ledger: Ledger) => ledger.read('uploads', 'photo.jpg');

/** Makes an attempt to send the message of the effect that `request-1` committed. */
function aSending(different: Partial<Sending> = {}): Sending {
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

/** Contract tests for every ledger, in memory and in DynamoDB. */
export function itIsALedger(make: () => Promise<Ledger>): void {
  const settled = async (effect: Effect = PROCESSED, options: CommitOptions = ANNOUNCED): Promise<Ledger> => {
    const ledger = await make();
    await ledger.claim(aClaim());
    await ledger.commit(aClaim(), effect, options);
    return ledger;
  };
  const newer = aClaim({ owner: 'request-2', event: LATER });

  describe('claiming', () => {
    test('is granted if there is no record', async () => {
      const answer = await (await make()).claim(aClaim());

      expect(answer).toMatchObject({ status: 'claimed', event: { sequencer: padSequencer('0055') } });
      expect(answer.status === 'claimed' && answer.previous).toBeUndefined();
    });

    test('is granted to one of twenty concurrent runs', async () => {
      const ledger = await make();

      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ledger.claim(aClaim({ owner: `request-${i}` }))));

      expect(answers.filter(({ status }) => status === 'claimed')).toHaveLength(1);
    });

    test('is refused with the record while another invocation holds the claim', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.claim(aClaim({ owner: 'request-2' }))).toMatchObject({
        status: 'refused',
        record: { status: 'processing', owner: 'request-1', run: 'request-1', sequencer: padSequencer('0055'), leaseExpiresAt: 2_000 },
      });
    });

    test('is granted immediately to another run of the same request', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.claim(aClaim({ run: 'retry' }))).toMatchObject({ status: 'claimed' });
      expect(await read(ledger)).toMatchObject({ owner: 'request-1', run: 'retry' });
    });

    test('is granted to another invocation as soon as the lease expires', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.claim(aClaim({ owner: 'request-2', now: 1_999 }))).toMatchObject({ status: 'refused' });
      expect(await ledger.claim(aClaim({ owner: 'request-2', now: 2_000 }))).toMatchObject({ status: 'claimed' });
    });

    test('is granted to a newer event at any time', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.claim(newer)).toMatchObject({ status: 'claimed', previous: { status: 'processing', owner: 'request-1' } });
    });

    test('is refused to an older event', async () => {
      const ledger = await make();
      await ledger.claim(newer);

      expect(await ledger.claim(aClaim({ owner: 'request-3', now: 9_999 }))).toMatchObject({
        status: 'refused',
        record: { sequencer: LATER.sequencer },
      });
    });

    test('is refused for a settled event, and returns the effect and the message that is owed', async () => {
      const ledger = await settled();

      expect(await ledger.claim(aClaim({ now: 9_999 }))).toMatchObject({
        status: 'refused',
        record: { status: 'processed', notified: false, effect: PROCESSED, commit: 'request-1', announcement: { state: 'pending' } },
      });
    });

    test('keeps the effect of the previous version, and its owed message, until a newer effect is committed', async () => {
      const ledger = await settled();

      expect(await ledger.claim(newer)).toMatchObject({ previous: { status: 'processed', effect: PROCESSED, notified: false } });
      expect(await read(ledger)).toMatchObject({
        status: 'processing',
        effect: PROCESSED,
        versionId: 'v1',
        renditionsOf: { versionId: 'v1', sequencer: padSequencer('0055') },
        notified: false,
      });
    });

    test('keeps two keys apart', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());

      expect(await ledger.claim(aClaim({ owner: 'request-2', event: { key: 'other.jpg' } }))).toMatchObject({ status: 'claimed' });
    });
  });

  describe('committing', () => {
    test('records the effect of the run that holds the claim', async () => {
      const ledger = await settled();

      expect(await read(ledger)).toMatchObject({
        ...{ status: 'processed', effect: PROCESSED, versionId: 'v1', etag: 'e1', recipeHash: 'recipe-1', reportedVersions: ['v1'] },
        ...{ renditionsOf: { versionId: 'v1', sequencer: padSequencer('0055') }, notified: false },
      });
    });

    test('records a failure, and which version the remaining renditions belong to', async () => {
      const ledger = await settled();
      await ledger.finishSending(await started(ledger), true);
      await ledger.claim(newer);
      await ledger.commit(newer, FAILED, SILENT);

      expect(await read(ledger)).toMatchObject({ status: 'failed', effect: FAILED, versionId: 'v2', renditionsOf: { versionId: 'v1' } });
    });

    test('keeps the metadata of the photo, until a version without any, or one that fails, replaces it', async () => {
      const ledger = await settled(DESCRIBED, SILENT);
      expect(await read(ledger)).toMatchObject({ effect: { metadata: DESCRIBED.metadata } });

      await ledger.claim(newer);
      await ledger.commit(newer, FAILED, SILENT);
      expect((await read(ledger))?.effect).toMatchObject({ status: 'failed' });
      expect(JSON.stringify(await read(ledger))).not.toContain('Acme One');
    });

    test('remembers what the manifest of a failure lists, and for which version the manifest was written', async () => {
      const ledger = await settled(LISTED, { ...SILENT, manifest: true });
      await ledger.claim(newer);
      await ledger.commit(newer, FAILED, { ...SILENT, manifest: true });

      expect(await read(ledger)).toMatchObject({
        manifestOf: { versionId: 'v2', sequencer: LATER.sequencer },
        renditionsOf: {
          versionId: 'v1',
          picture: { image: { width: 40, height: 30, thumbHash: 'aGFzaA==', averageColour: '#336699' }, renditions: LISTED.renditions },
        },
      });
    });

    test('knows no picture once the renditions were stored without a manifest', async () => {
      const ledger = await settled(LISTED, { ...SILENT, manifest: true });
      await ledger.claim(newer);
      await ledger.commit(newer, PROCESSED, SILENT);

      expect((await read(ledger))?.renditionsOf?.picture).toBeUndefined();
      expect(await read(ledger)).toMatchObject({ manifestOf: { versionId: 'v1' } });
    });

    test('can be repeated by a run that lost the response, without taking the message from another sender', async () => {
      const ledger = await settled();
      expect(await ledger.commit(aClaim(), PROCESSED, ANNOUNCED)).toEqual({ status: 'settled' });

      const sending = await started(ledger, { run: 'other' });
      expect(await ledger.commit(aClaim(), PROCESSED, ANNOUNCED)).toEqual({ status: 'settled' });
      expect(await read(ledger)).toMatchObject({ announcement: { state: 'sending' } });

      await ledger.finishSending(sending, true);
      expect(await ledger.commit(aClaim(), PROCESSED, ANNOUNCED)).toEqual({ status: 'settled' });
      expect(await read(ledger)).toMatchObject({ notified: true });
    });

    test('is refused after a newer event took over', async () => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.claim(newer);

      expect(await ledger.commit(aClaim(), PROCESSED, ANNOUNCED)).toMatchObject({ status: 'refused', record: { run: 'request-2' } });
      expect(await read(ledger)).toMatchObject({ status: 'processing', sequencer: LATER.sequencer });
    });

    test.each<[string, Partial<Claim>]>([
      ['another invocation', { owner: 'request-2', now: 2_000 }],
      ['another run of the same request', { run: 'retry' }],
    ])('is refused after %s took over the same event', async (_, other) => {
      const ledger = await make();
      await ledger.claim(aClaim());
      await ledger.claim(aClaim(other));

      expect(await ledger.commit(aClaim(), PROCESSED, ANNOUNCED)).toMatchObject({ status: 'refused' });
    });

    test('is refused while the message of the effect that it replaces is owed or being sent', async () => {
      const ledger = await settled();
      await ledger.claim(newer);

      expect(await ledger.commit(newer, PROCESSED, ANNOUNCED)).toMatchObject({ status: 'refused', record: { run: 'request-2' } });
      const sending = await started(ledger);
      expect(await ledger.commit(newer, PROCESSED, ANNOUNCED)).toMatchObject({ status: 'refused' });
      await ledger.finishSending(sending, true);
      expect(await ledger.commit(newer, PROCESSED, ANNOUNCED)).toEqual({ status: 'settled' });
    });

    test('owes no message if the effect is not announced', async () => {
      expect(await read(await settled(PROCESSED, SILENT))).toMatchObject({ notified: true });
    });
  });

  const started = async (ledger: Ledger, different: Partial<Sending> = {}): Promise<Sending> => {
    expect(await ledger.startSending(aSending(different))).toBe(true);
    return aSending(different);
  };

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
