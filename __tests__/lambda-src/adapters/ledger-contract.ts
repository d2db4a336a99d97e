import { describe, expect, test } from '@jest/globals';
import { padSequencer } from '../../../lambda-src/events/sequencer.ts';
import type { Claim, Ledger } from '../../../lambda-src/ports.ts';
import { aClaim, DESCRIBED, FAILED, LISTED, PROCESSED } from '../upload-event.ts';
import { itEndsClaims } from './ledger-endings-contract.ts';
import { ANNOUNCED, LATER, read, SILENT, settledBy, started } from './ledger-fixtures.ts';

/** Contract tests for every ledger, in memory and in DynamoDB. */
export function itIsALedger(make: () => Promise<Ledger>): void {
  const settled = settledBy(make);
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

  itEndsClaims(make);
}
