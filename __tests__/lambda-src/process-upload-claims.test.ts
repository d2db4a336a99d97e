import { describe, expect, test } from '@jest/globals';
import { recipeHash } from '../../lambda-src/contract/recipe.ts';
import type { LedgerRecord, SettleResult } from '../../lambda-src/ports.ts';
import { SETTINGS } from '../in-memory/pipeline.ts';
import { aRecord, DUPLICATE, IN_PROGRESS, NOW, OURS_ON_TOP, outcome, processed, SEQUENCER, thrown } from './processed-event.ts';
import { FAILED, PROCESSED } from './upload-event.ts';

describe('a claim', () => {
  test('is of this run and event, for the length of a lease', async () => {
    const { claims } = await processed({});

    expect(claims).toMatchObject([
      { owner: 'request-1', run: `run-1/${SEQUENCER}`, now: NOW, leaseExpiresAt: NOW + 90_000, recipeHash: recipeHash(SETTINGS.recipe) },
    ]);
  });

  test('is released if a fault ends the work; the fault is then thrown', async () => {
    const { result, calls } = await processed({ reads: new Error('reset') });

    expect(result).toEqual({ thrown: new Error('reset') });
    expect(calls.at(-1)).toBe('release as processing');
  });

  test('that cannot be released expires: the first fault is the one that is thrown', async () => {
    expect((await processed({ reads: new Error('reset'), releaseFails: true })).result).toEqual({ thrown: new Error('reset') });
  });
});

describe('a claim that is refused', () => {
  test('by a newer event is superseded, and removes what a crashed attempt had stored', async () => {
    const { result, calls } = await processed({
      refusedBy: aRecord({ sequencer: 'F' }),
      record: aRecord({ sequencer: 'F' }),
      top: OURS_ON_TOP,
    });

    expect(result).toEqual(outcome('superseded'));
    expect(calls).toEqual(['remove the rendition']);
  });

  test('by a newer event in progress is superseded, too', async () => {
    expect((await processed({ refusedBy: aRecord({ status: 'processing', sequencer: 'F' }) })).result).toEqual(outcome('superseded'));
  });

  test('by the same event is a duplicate, and leaves its renditions alone', async () => {
    const { result, calls } = await processed({ refusedBy: aRecord(), record: aRecord(), top: OURS_ON_TOP });

    expect(result).toEqual(DUPLICATE);
    expect(calls).toEqual([]);
  });

  test('by the same deletion is a duplicate, and removes what a crashed attempt had stored', async () => {
    const { result, calls } = await processed({ event: { kind: 'removed' }, refusedBy: aRecord(), record: aRecord(), top: OURS_ON_TOP });

    expect(result).toEqual(DUPLICATE);
    expect(calls).toEqual(['remove the rendition']);
  });

  test('by the same event in progress is a duplicate in progress', async () => {
    expect((await processed({ refusedBy: aRecord({ status: 'processing' }) })).result).toEqual(IN_PROGRESS);
  });

  test('by a backfill in progress is retried, because no one repeats the backfill for this event', async () => {
    expect((await processed({ refusedBy: aRecord({ status: 'processing', byBackfill: true }) })).result).toEqual(
      thrown('Contention', 'a backfill is processing this upload'),
    );
  });

  test('by a record without an effect is a duplicate', async () => {
    expect((await processed({ refusedBy: aRecord({ status: 'gone', effect: undefined, announcement: PENDING }) })).result).toEqual(
      DUPLICATE,
    );
  });

  const PENDING = { state: 'pending', expiresAt: 0 } as const;
  const sending = (expiresAt: number) => ({ state: 'sending', expiresAt }) as const;
  const RESUMED = {
    outcome: { status: 'processed', key: 'photo.jpg', image: PROCESSED.image, renditions: PROCESSED.renditions },
    unannounced: { effect: PROCESSED, commit: 'run-0' },
    counted: false,
  };

  test.each<[what: string, record: Partial<LedgerRecord>, result: object]>([
    ['of this request takes it over', { announcement: PENDING, owner: 'request-1', leaseExpiresAt: NOW + 1 }, RESUMED],
    ['that was given back takes it over', { announcement: { state: 'pending', expiresAt: NOW + 1 } }, RESUMED],
    ['of a request whose lease has expired takes it over', { announcement: PENDING, leaseExpiresAt: NOW }, RESUMED],
    ['of a request that may still send it waits', { announcement: PENDING, leaseExpiresAt: NOW + 1 }, IN_PROGRESS],
    ['that another request is sending waits', { announcement: sending(NOW + 1) }, IN_PROGRESS],
    ['whose sender is overdue takes it over', { announcement: sending(NOW) }, RESUMED],
    [
      'that another run of this request is sending is tried again: that run may have died',
      { announcement: { ...sending(NOW + 1), owner: 'request-1' }, owner: 'request-0' },
      thrown('Contention', 'another run of this request is sending the message'),
    ],
  ])('by the same event with a message %s', async (_what, record, result) => {
    expect((await processed({ refusedBy: aRecord(record) })).result).toEqual(result);
  });

  test('by a failure with a message is resumed as that failure', async () => {
    const { result } = await processed({ refusedBy: aRecord({ status: 'failed', effect: FAILED, announcement: PENDING }) });

    expect(result).toMatchObject({ outcome: { status: 'failed', failureCode: 'Corrupt', detail: 'truncated' }, counted: false });
  });

  describe('of a backfill', () => {
    const event = { kind: 'backfill', sequencer: '', job: 'job-1' } as const;

    test.each<[what: string, record: Partial<LedgerRecord>, result: object]>([
      ['by its own version is a duplicate', {}, DUPLICATE],
      ['by another version is superseded', { versionId: 'v2' }, outcome('superseded')],
      ['by a message that is owed leaves it to the event', { announcement: PENDING }, DUPLICATE],
      ['by a claim on its version waits', { status: 'processing' }, IN_PROGRESS],
      ['by a claim on another version waits', { status: 'processing', versionId: 'v2' }, IN_PROGRESS],
      ['by another backfill waits', { status: 'processing', byBackfill: true }, IN_PROGRESS],
    ])('%s', async (_what, record, result) => {
      const settled = await processed({ event, refusedBy: aRecord(record), record: aRecord(), top: { ...OURS_ON_TOP, sequencer: '' } });

      expect(settled).toMatchObject({ result, calls: [] });
    });
  });
});

describe('an effect that a newer event replaces before its message was sent', () => {
  const owed = (announcement: LedgerRecord['announcement']) =>
    aRecord({ sequencer: '0044', versionId: 'v0', reportedVersions: ['v0'], announcement, notified: false });

  test.each<[what: string, announcement: LedgerRecord['announcement']]>([
    ['no one is sending it', { state: 'pending', expiresAt: 0 }],
    ['its sender has given it back', { state: 'pending', expiresAt: NOW + 1 }],
    ['its sender is overdue', { state: 'sending', expiresAt: NOW }],
  ])('is announced first if %s', async (_what, announcement) => {
    const { calls } = await processed({ previous: owed(announcement) });

    expect(calls.slice(0, 3)).toEqual(['send the message of run-0', 'publish Image processed: photo.jpg', 'sent']);
    expect(calls).toContain('commit processed, to be announced, reported: v0 v1');
  });

  test('is left to its sender, whose message must be out before the commit', async () => {
    const refused: SettleResult = { status: 'refused', record: aRecord({ run: `run-1/${SEQUENCER}` }) };
    const { result, calls } = await processed({ previous: owed({ state: 'sending', expiresAt: NOW + 1 }), writes: [refused] });

    expect(calls).not.toContain('send the message of run-0');
    expect(result).toEqual(thrown('Contention', 'the message of the replaced effect is being sent'));
    expect(calls.at(-1)).toBe('release as processing');
  });

  test('needs no message if there is none owed, or no effect', async () => {
    const none = aRecord({
      effect: undefined,
      versionId: undefined,
      reportedVersions: [],
      announcement: { state: 'pending', expiresAt: 0 },
    });

    for (const previous of [none, aRecord({ versionId: 'v0', reportedVersions: [] })]) {
      expect((await processed({ previous })).calls).toEqual([
        'read e1, up to 1000 bytes',
        'store',
        'commit processed, to be announced, reported: v1',
      ]);
    }
  });
});
