import { describe, expect, test } from '@jest/globals';
import {
  backfillMayClaim,
  isAnnounced,
  isOfVersion,
  RECONCILIATION,
  resolveReconciled,
  resolveTask,
  sequencerForBackfill,
} from '../../lambda-src/backfill.ts';
import type { Claim, LedgerRecord, ObjectHead, OriginalStore, UploadEvent } from '../../lambda-src/ports.ts';
import { MemoryLedger } from '../in-memory/ledger.ts';
import { aClaim, FAILED, PROCESSED } from './upload-event.ts';

const HEAD: ObjectHead = { etag: 'e1', versionId: 'v1', size: 3, lastModified: new Date('2026-03-04T05:06:07.089Z') };
const TASK = { taskId: 't1', job: 'job-1', bucket: 'uploads', key: 'photo.jpg', malformedKey: false };

describe('a task becomes', () => {
  async function resolved(
    different: Partial<typeof TASK & { versionId: string }>,
    head: ObjectHead | undefined,
    ledger = new MemoryLedger(),
  ) {
    const originals: OriginalStore = { head: async () => head, read: () => Promise.reject(new Error('a task is not read')) };
    return resolveTask({ ...TASK, ...different }, { originals, ledger });
  }

  const EVENT = { kind: 'backfill', bucket: 'uploads', key: 'photo.jpg', malformedKey: false, sequencer: '', job: 'job-1' };
  const CURRENT = { ...EVENT, versionId: 'v1', etag: 'e1', size: 3, time: HEAD.lastModified };

  test('an event for the current version', async () => {
    expect(await resolved({}, HEAD)).toEqual(CURRENT);
    expect(await resolved({ versionId: 'v1' }, HEAD)).toEqual(CURRENT);
  });

  test('superseded if it names another version', async () => {
    expect(await resolved({ versionId: 'v0' }, HEAD)).toEqual({ status: 'superseded', key: 'photo.jpg' });
  });

  test('an event for the current object if the bucket has no versions', async () => {
    expect(await resolved({ versionId: 'v0' }, { ...HEAD, versionId: undefined })).toEqual({ ...CURRENT, versionId: undefined });
  });

  test('gone if the object does not exist', async () => {
    const settled = new MemoryLedger();
    await settled.claim(aClaim());
    await settled.commit(aClaim(), PROCESSED, { announce: false, reported: [] });
    const claimedByEvent = new MemoryLedger();
    await claimedByEvent.claim(aClaim());
    const settledByBackfill = new MemoryLedger();
    const backfill = aClaim({ event: { kind: 'backfill', sequencer: '', job: 'job-1' } });
    await settledByBackfill.claim(backfill);
    await settledByBackfill.commit(backfill, PROCESSED, { announce: false, reported: [] });

    for (const ledger of [new MemoryLedger(), settled, claimedByEvent, settledByBackfill]) {
      expect(await resolved({}, undefined, ledger)).toEqual({ status: 'gone', key: 'photo.jpg' });
    }
  });

  test('a deletion if an earlier backfill left an open claim on an object that no longer exists, because nothing else would close it', async () => {
    const ledger = new MemoryLedger();
    await ledger.claim(aClaim());
    await ledger.commit(aClaim(), FAILED, { announce: false, reported: [] });
    await ledger.claim(aClaim({ event: { kind: 'backfill', sequencer: '', job: 'job-0' } }));
    const deletion = {
      kind: 'removed',
      bucket: 'uploads',
      key: 'photo.jpg',
      sequencer: '0055'.padEnd(40, '0'),
      time: new Date(0),
      job: 'job-1',
    };

    expect(await resolved({}, undefined, ledger)).toEqual(deletion);
    expect(await resolved({ versionId: 'v0' }, HEAD, ledger)).toEqual(deletion);
    expect(await resolved({ versionId: 'v1' }, HEAD, ledger)).toEqual({ ...CURRENT });
  });
});

describe('the event of a reconciliation becomes', () => {
  const { event } = aClaim({ event: { kind: 'reconciled', sequencer: '', job: RECONCILIATION, versionId: undefined, etag: undefined } });
  const resolved = (head: ObjectHead | undefined) =>
    resolveReconciled(event, { originals: { head: async () => head, read: () => Promise.reject(new Error('nothing is read')) } });

  test('one for the current version', async () => {
    expect(await resolved(HEAD)).toEqual({ ...event, versionId: 'v1', etag: 'e1', size: 3, time: HEAD.lastModified });
  });

  test('a deletion if there is none', async () => {
    expect(await resolved(undefined)).toEqual({ ...event, kind: 'removed' });
  });
});

test('events of S3 and of a reconciliation are announced, those of a job are not', () => {
  const announced = (job?: string) => isAnnounced(aClaim({ event: { job } }).event);
  expect([announced(), announced(RECONCILIATION), announced('job-1')]).toEqual([true, true, false]);
});

describe('a backfill may claim a key', () => {
  const SETTLED: LedgerRecord = {
    ...{ status: 'processed', sequencer: '55', owner: 'request-1', leaseExpiresAt: 2_000, byBackfill: false, effect: PROCESSED },
    ...{ versionId: 'v1', etag: 'e1', recipeHash: 'recipe-1', reportedVersions: ['v1'], notified: true },
  };
  const may = (record: Partial<LedgerRecord>, { event, ...claim }: Partial<Omit<Claim, 'event'>> & { event?: Partial<UploadEvent> } = {}) =>
    backfillMayClaim(aClaim({ owner: 'batch-1', now: 5_000, ...claim, event: { kind: 'backfill', job: 'job-1', ...event } }), {
      ...SETTLED,
      ...record,
    });

  test.each<[what: string, now: number, owner: string, granted: boolean]>([
    ['while its lease runs', 1_999, 'batch-1', false],
    ['once its lease has expired', 2_000, 'batch-1', true],
    ['that is its own', 1_999, 'request-1', true],
  ])('that is claimed, %s: %s', (_what, now, owner, granted) => {
    expect(may({ status: 'processing' }, { now, owner })).toBe(granted);
  });

  test('that has no effect', () => {
    expect(may({ status: 'gone', effect: undefined })).toBe(true);
    expect(may({ status: 'superseded', effect: undefined })).toBe(true);
  });

  test('whose record describes another version', () => {
    expect(may({}, { event: { versionId: 'v2' } })).toBe(true);
  });

  test('that was processed with another recipe, and no other', () => {
    expect(may({}, { recipeHash: 'recipe-2' })).toBe(true);
    expect(may({})).toBe(false);
    expect(may({ job: 'job-0' })).toBe(false);
  });

  test('that another version has, and nothing settled, if it is a reconciliation', () => {
    const event = { kind: 'reconciled', job: RECONCILIATION } as const;
    expect(may({}, { event })).toBe(false);
    expect(may({}, { event, recipeHash: 'recipe-2' })).toBe(false);
    expect(may({ status: 'failed', effect: FAILED }, { event })).toBe(false);
    expect(may({}, { event: { ...event, versionId: 'v2' } })).toBe(true);
    expect(may({}, { event: { ...event, kind: 'removed', versionId: undefined, etag: undefined } })).toBe(true);
  });

  test('that failed, once per job', () => {
    expect(may({ status: 'failed', effect: FAILED })).toBe(true);
    expect(may({ status: 'failed', effect: FAILED, job: 'job-0' })).toBe(true);
    expect(may({ status: 'failed', effect: FAILED, job: 'job-1' })).toBe(false);
    expect(may({ status: 'failed', effect: FAILED }, { event: { job: undefined } })).toBe(true);
  });
});

describe('a record is of an event’s version', () => {
  const record = (different: Partial<LedgerRecord>): LedgerRecord => ({
    ...{ status: 'processed', sequencer: '55', owner: '', leaseExpiresAt: 0, byBackfill: false, reportedVersions: [], notified: true },
    ...different,
  });

  test.each<[record: Partial<LedgerRecord>, event: Partial<UploadEvent>, same: boolean]>([
    [{ versionId: 'v1', etag: 'e1' }, { versionId: 'v1', etag: 'e2' }, true],
    [{ versionId: 'v1', etag: 'e1' }, { versionId: 'v2', etag: 'e1' }, false],
    [{ etag: 'e1' }, { versionId: undefined, etag: 'e1' }, true],
    [{ etag: 'e1' }, { versionId: undefined, etag: 'e2' }, false],
    [{ versionId: 'v1', etag: 'e1' }, { versionId: undefined, etag: 'e1' }, true],
  ])('by its ID where there are versions, else by its ETag: %j and %j', (different, event, same) => {
    expect(isOfVersion(record(different), aClaim({ event }).event)).toBe(same);
  });
});

describe('an event without a sequencer takes', () => {
  const record = { owner: '', leaseExpiresAt: 0, reportedVersions: [], notified: true, sequencer: '0055' };

  test.each<[status: LedgerRecord['status'], byBackfill: boolean, sequencer: string]>([
    ['processed', false, '0055'],
    ['gone', false, '0055'],
    ['processing', true, '0055'],
    ['processing', false, '005'],
  ])('the sequencer of a record that is %s (by a backfill: %s): %s', (status, byBackfill, sequencer) => {
    expect(sequencerForBackfill({ ...record, status, byBackfill })).toBe(sequencer);
    expect(sequencer <= record.sequencer).toBe(true);
  });
});

test('records of every release name reconciliations alike', () => {
  expect(RECONCILIATION).toBe('reconciliation');
});
