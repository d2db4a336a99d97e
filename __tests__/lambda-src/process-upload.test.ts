import { describe, expect, test } from '@jest/globals';
import { recipeHash } from '../../lambda-src/contract/recipe.ts';
import type { Dependencies } from '../../lambda-src/dependencies.ts';
import type {
  Claim,
  ClaimResult,
  LedgerRecord,
  ObjectHead,
  ReadResult,
  RenditionHead,
  SettleResult,
  UploadEvent,
} from '../../lambda-src/ports.ts';
import { processUpload } from '../../lambda-src/process-upload.ts';
import { MemoryPipeline, SETTINGS } from '../in-memory/pipeline.ts';
import { aClaim, FAILED, PROCESSED } from './upload-event.ts';

const NOW = Date.parse('2026-03-04T06:00:00.000Z');
const SEQUENCER = '0055'.padEnd(40, '0');
const HEAD: ObjectHead = { etag: 'e1', versionId: 'v1', size: 3, lastModified: new Date('2026-03-04T05:06:07.089Z') };
const CAT: ReadResult = {
  status: 'read',
  object: { ...HEAD, bytes: Buffer.from('cat'), contentType: 'image/jpeg', userMetadata: {} },
};

/** A settled record of the event that `aClaim` claims, by another invocation whose lease has expired. */
function aRecord(different: Partial<LedgerRecord> = {}): LedgerRecord {
  return {
    ...{ status: 'processed', sequencer: SEQUENCER, owner: 'request-0', run: 'run-0', commit: 'run-0', leaseExpiresAt: 0 },
    ...{ byBackfill: false, effect: PROCESSED, versionId: 'v1', etag: 'e1', reportedVersions: ['v1'], notified: true },
    renditionsOf: { versionId: 'v1', sequencer: SEQUENCER },
    ...different,
  };
}

interface Situation {
  readonly event?: Partial<UploadEvent>;
  /** The record that refuses the claim. */
  readonly refusedBy?: LedgerRecord;
  /** The record as it was before the claim. */
  readonly previous?: LedgerRecord;
  /** The record when it is read again. */
  readonly record?: LedgerRecord;
  /** What writes under the claim are answered, in their order; then they are settled. */
  readonly writes?: (SettleResult | Error)[];
  readonly heads?: ObjectHead | undefined;
  readonly reads?: ReadResult | Error;
  /** What is on top of the rendition's key, if anything. */
  readonly top?: RenditionHead;
  readonly deletePropagation?: boolean;
  readonly announces?: boolean;
  readonly releaseFails?: boolean;
}

/** Processes one event with ports that give set answers, and returns the changes that were requested of them. */
async function processed(situation: Situation) {
  const { event = {}, refusedBy, previous, record, heads, reads = CAT, top, deletePropagation = false, announces = true } = situation;
  const calls: string[] = [];
  const claims: Claim[] = [];
  const writes = [...(situation.writes ?? [])];
  const written = async (call: string): Promise<SettleResult> => {
    calls.push(call);
    const answer = writes.shift() ?? { status: 'settled' };
    if (answer instanceof Error) throw answer;
    return answer;
  };
  let isOnTop = top !== undefined;
  const dependencies: Dependencies = {
    ...new MemoryPipeline().parts.dependencies,
    deletePropagation,
    announces: () => announces,
    ledger: {
      read: async () => record,
      claim: async (claim): Promise<ClaimResult> => {
        claims.push(claim);
        return refusedBy === undefined ? { status: 'claimed', event: claim.event, previous } : { status: 'refused', record: refusedBy };
      },
      commit: (_claim, effect, { announce, reported }) =>
        written(`commit ${effect.status}${announce ? ', to be announced' : ''}, reported: ${reported.join(' ')}`),
      forget: (_claim, status) => written(`forget, ${status}`),
      release: async (_claim, status, options) => {
        calls.push(`release as ${status}${options?.expires ? ', to expire' : ''}`);
        if (situation.releaseFails) throw new Error('DynamoDB is throttled');
        return true;
      },
      startSending: async ({ commit }) => calls.push(`send the message of ${commit}`) > 0,
      finishSending: async (_sending, sent) => void calls.push(sent ? 'sent' : 'not sent'),
    },
    originals: {
      head: async () => heads,
      read: async (request) => {
        calls.push(`read ${request.etag ?? 'whatever is there'}, up to ${request.maxBytes} bytes`);
        if (reads instanceof Error) throw reads;
        return reads;
      },
    },
    renditions: {
      head: async () => (isOnTop ? top : undefined),
      put: async () => (calls.push('store') > 0 ? 'stored' : 'changed'),
      remove: async () => {
        calls.push('remove the rendition');
        isOnTop = false;
      },
    },
    notifier: { publish: async ({ subject }) => void calls.push(`publish ${subject}`) },
  };
  const invocation = { owner: 'request-1', run: 'run-1', now: () => NOW, remainingMilliseconds: () => 60_000, timeoutMilliseconds: 60_000 };
  const attempt = processUpload(aClaim({ event }).event, dependencies, invocation);
  const result = await attempt.catch((error: unknown) => ({ thrown: error }));
  return { result, calls, claims };
}

const outcome = (status: string, more: object = {}) => ({ outcome: { status, key: 'photo.jpg', ...more }, counted: true });
const DUPLICATE = outcome('duplicate', { inProgress: false });
const IN_PROGRESS = outcome('duplicate', { inProgress: true });
const thrown = (code: string, message: string) => ({ thrown: expect.objectContaining({ code, message }) });
const MADE = { status: 'processed', key: 'photo.jpg', renditions: [{ key: 'small/photo.jpg' }] };

/** What a run of this event stored: on top, and of its sequencer. */
const OURS_ON_TOP: RenditionHead = { etag: 'x', ownVersionId: 'own', sequencer: SEQUENCER, versionId: 'v9', recipeHash: 'recipe-1' };

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
