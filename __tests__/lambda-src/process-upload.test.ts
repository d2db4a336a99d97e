import { describe, expect, test } from '@jest/globals';
import type { LedgerRecord, ReadResult, SettleResult } from '../../lambda-src/ports.ts';
import {
  aRecord,
  CAT,
  DUPLICATE,
  HEAD,
  IN_PROGRESS,
  MADE,
  NOW,
  OURS_ON_TOP,
  outcome,
  processed,
  SEQUENCER,
  type Situation,
  thrown,
} from './processed-event.ts';
import { FAILED } from './upload-event.ts';

describe('an upload', () => {
  test('is read, stored, and committed as reported and to be announced', async () => {
    const { result, calls } = await processed({});

    expect(result).toMatchObject({
      outcome: MADE,
      counted: true,
      unannounced: { commit: `run-1/${SEQUENCER}`, effect: { status: 'processed' } },
    });
    expect(calls).toEqual(['read e1, up to 1000 bytes', 'store', 'commit processed, to be announced, reported: v1']);
  });

  test('that is not announced is committed without a message', async () => {
    const { result, calls } = await processed({ announces: false });

    expect(result).toMatchObject({ outcome: MADE, counted: true });
    expect(result).not.toHaveProperty('unannounced');
    expect(calls.at(-1)).toBe('commit processed, reported: v1');
  });

  test('without a version is identified by its event', async () => {
    expect((await processed({ event: { versionId: undefined } })).calls.at(-1)).toBe(
      `commit processed, to be announced, reported: ${SEQUENCER}`,
    );
  });

  test('is reported once: a version that becomes current again is neither counted nor announced', async () => {
    const previous = aRecord({ versionId: 'v2', sequencer: '0044', reportedVersions: ['v1', 'v2'] });
    const { result, calls } = await processed({ previous });

    expect(result).toEqual({ outcome: expect.objectContaining(MADE_OUTCOME), counted: false });
    expect(calls.at(-1)).toBe('commit processed, reported: v1 v2');
  });

  const MADE_OUTCOME = { status: 'processed', key: 'photo.jpg' };

  test('is remembered among the last ten versions, so that no record grows with its key’s history', async () => {
    const reportedVersions = Array.from({ length: 10 }, (_, index) => `old-${index}`);
    const { calls } = await processed({ previous: aRecord({ versionId: 'old-9', reportedVersions }) });

    expect(calls.at(-1)).toBe(`commit processed, to be announced, reported: ${reportedVersions.slice(1).join(' ')} v1`);
  });

  test('by a backfill counts, and is neither announced nor remembered as reported', async () => {
    const event = { kind: 'backfill', job: 'job-1' } as const;

    for (const reportedVersions of [['v1'], ['v0']]) {
      const { result, calls } = await processed({ event, previous: aRecord({ reportedVersions }) });

      expect(result).toEqual({ outcome: expect.objectContaining(MADE_OUTCOME), counted: true });
      expect(calls.at(-1)).toBe(`commit processed, reported: ${reportedVersions.join()}`);
    }
  });

  test('whose version is settled keeps its effect and removes what a crashed attempt stored', async () => {
    const { result, calls } = await processed({ previous: aRecord({ sequencer: '0044' }), record: aRecord(), top: OURS_ON_TOP });

    expect(result).toEqual(DUPLICATE);
    expect(calls).toEqual(['remove the rendition', 'release as processed']);
  });

  test('whose version only a backfill has processed still owes its message', async () => {
    const { calls } = await processed({ previous: aRecord({ reportedVersions: [] }) });

    expect(calls.at(-1)).toBe('commit processed, to be announced, reported: v1');
  });

  test('of a bucket without versions is never settled by an equal record', async () => {
    const { calls } = await processed({
      event: { versionId: undefined },
      previous: aRecord({ versionId: undefined, reportedVersions: [] }),
    });

    expect(calls).toContain('store');
  });

  test.each<[what: string, previous: LedgerRecord | undefined, status: string]>([
    ['the effect before', aRecord({ status: 'failed', effect: FAILED, versionId: 'v0' }), 'failed'],
    ['no photo', aRecord({ status: 'gone', effect: undefined }), 'gone'],
    ['nothing', undefined, 'superseded'],
    ['a claim', aRecord({ status: 'processing', effect: undefined }), 'superseded'],
  ])('that was replaced before it was read leaves the record with %s', async (_what, previous, status) => {
    const { result, calls } = await processed({
      reads: { status: 'replaced' },
      ...(previous && { previous }),
      record: aRecord(),
      top: OURS_ON_TOP,
    });

    expect(result).toEqual(outcome('superseded'));
    expect(calls).toEqual(['read e1, up to 1000 bytes', 'remove the rendition', `release as ${status}`]);
  });

  test('that is gone without delete propagation removes what was stored for it, and keeps the previous effect', async () => {
    const { result, calls } = await processed({
      reads: { status: 'gone', deleteMarker: true },
      previous: aRecord({ versionId: 'v0' }),
      record: aRecord(),
      top: OURS_ON_TOP,
    });

    expect(result).toEqual(outcome('gone'));
    expect(calls).toEqual(['read e1, up to 1000 bytes', 'remove the rendition', 'release as gone']);
  });

  test.each<[what: string, previous: LedgerRecord | undefined]>([
    ['never had an effect', undefined],
    ['has no renditions', aRecord({ status: 'failed', effect: FAILED, versionId: 'v0', renditionsOf: undefined })],
  ])('that is gone and %s expires', async (_what, previous) => {
    const { result, calls } = await processed({ reads: { status: 'gone', deleteMarker: true }, ...(previous && { previous }) });

    expect(result).toEqual(outcome('gone'));
    expect(calls.at(-1)).toBe('release as gone, to expire');
  });
});

describe('a run that keeps a record', () => {
  const previous = aRecord({ sequencer: '0044', announcement: { state: 'sending', expiresAt: NOW + 1 }, notified: false });

  test('comes back while another run sends the message of its effect', async () => {
    const { result } = await processed({ previous, record: aRecord({ notified: false }) });

    expect(result).toEqual(thrown('Contention', 'another run is sending the message of the effect on the record'));
  });

  test('is done once the message is out, or the record is gone', async () => {
    expect((await processed({ previous, record: aRecord() })).result).toEqual(DUPLICATE);
    expect((await processed({ previous })).result).toEqual(DUPLICATE);
  });

  test('does not look for a message that is not owed', async () => {
    expect((await processed({ previous: aRecord(), record: aRecord({ notified: false }) })).result).toEqual(DUPLICATE);
  });

  test('comes back for a photo that is gone, too', async () => {
    const { result } = await processed({
      reads: { status: 'gone', deleteMarker: true },
      previous: { ...previous, versionId: 'v0' },
      record: aRecord({ notified: false }),
    });

    expect(result).toEqual(thrown('Contention', 'another run is sending the message of the effect on the record'));
  });
});

describe('a commit', () => {
  test('is repeated once, because its answer may have been lost', async () => {
    const { result, calls } = await processed({ writes: [new Error('timeout')] });

    expect(result).toMatchObject({ outcome: MADE });
    expect(calls.filter((call) => call.startsWith('commit'))).toHaveLength(2);
    expect((await processed({ writes: [new Error('timeout'), new Error('throttled')] })).result).toEqual({
      thrown: new Error('throttled'),
    });
  });

  test.each<[what: string, record: Partial<LedgerRecord>, result: object]>([
    ['a newer event', { sequencer: 'F', run: 'run-2' }, outcome('superseded')],
    ['another run of this event that is at work', { status: 'processing', run: 'run-2' }, IN_PROGRESS],
    ['another run of this event that has settled it', { run: 'run-2' }, DUPLICATE],
  ])('that %s forestalled takes back what was stored', async (_what, different, result) => {
    const record = aRecord(different);
    const settled = await processed({ writes: [{ status: 'refused', record }], record: aRecord(), top: OURS_ON_TOP });

    expect(settled.result).toEqual(result);
    expect(settled.calls.at(-1)).toBe('remove the rendition');
  });

  test('that a backfill forestalled is a fault: the event must be delivered again', async () => {
    const record = aRecord({ status: 'processing', sequencer: SEQUENCER.slice(0, -1), run: 'run-2', byBackfill: true });

    const { result } = await processed({ writes: [{ status: 'refused', record }] });

    expect(result).toEqual(thrown('Contention', 'a backfill took over the claim'));
  });
});

describe('a deletion, where deletions are propagated,', () => {
  const event = { kind: 'removed', etag: undefined, versionId: 'marker' } as const;
  const deletion = (situation: Situation) => processed({ event, deletePropagation: true, reads: { status: 'gone' }, ...situation });
  const LOOKED = 'read whatever is there, up to 1000 bytes';

  test('of the only version forgets the photo, erases its renditions, and lets the record expire', async () => {
    const own = `run-1/${SEQUENCER}`;
    const { result, calls } = await deletion({ previous: aRecord(), record: aRecord({ run: own }), top: OURS_ON_TOP });

    expect(result).toEqual(outcome('gone'));
    expect(calls).toEqual([LOOKED, 'forget, processing', 'remove the rendition', 'forget, gone']);
  });

  test('of a photo without an effect has nothing to forget first', async () => {
    expect((await deletion({ previous: aRecord({ effect: undefined }) })).calls).toEqual([LOOKED, 'forget, gone']);
    expect((await deletion({})).calls).toEqual([LOOKED, 'forget, gone']);
  });

  test.each([1, 2])('yields if another event comes first at write %d', async (count) => {
    const refused: SettleResult = { status: 'refused', record: aRecord({ sequencer: 'F', run: 'run-2' }) };
    const writes = [...Array<SettleResult>(count - 1).fill({ status: 'settled' }), refused];
    const { result, calls } = await deletion({ previous: aRecord(), writes });

    expect(result).toEqual(outcome('superseded'));
    expect(calls).toEqual([LOOKED, 'forget, processing', 'forget, gone'].slice(0, 1 + count));
  });

  test('that uncovers a version settles that version', async () => {
    const { result, calls } = await deletion({ heads: HEAD, reads: CAT });

    expect(result).toMatchObject({ outcome: MADE, unannounced: { effect: { uploadedAt: '2026-03-04T05:06:07.089Z', size: 3 } } });
    expect(calls).toEqual(['read e1, up to 1000 bytes', 'store', 'commit processed, to be announced, reported: v1']);
  });

  test('that uncovers a settled version keeps it, reported or not', async () => {
    for (const reportedVersions of [['v1'], []]) {
      const { result, calls } = await deletion({ heads: HEAD, previous: aRecord({ reportedVersions }) });

      expect(result).toEqual(outcome('superseded'));
      expect(calls).toEqual(['release as processed']);
    }
  });

  test('leaves an object that exists afterwards, in a bucket without versions, to the event of that object', async () => {
    const { result, calls } = await deletion({ heads: { ...HEAD, versionId: undefined } });

    expect(result).toEqual(outcome('superseded'));
    expect(calls).toEqual(['release as superseded']);
  });

  test.each<[read: ReadResult]>([[CAT], [{ status: 'replaced' }]])(
    'is tried again if S3 answers once nothing and once %j',
    async (reads) => {
      expect((await deletion({ reads })).result).toEqual(thrown('NotFoundYet', 'S3 did not find the object, then found it'));
    },
  );
});
