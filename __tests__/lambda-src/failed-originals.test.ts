import { describe, expect, test } from '@jest/globals';
import { removeErasedCopy } from '../../lambda-src/failed-originals.ts';
import type { FailedOriginals, LedgerRecord, RenditionHead } from '../../lambda-src/ports.ts';
import { changed } from '../explorer/changed.ts';
import { MemoryLedger } from '../in-memory/ledger.ts';
import { MemoryPipeline, statuses } from '../in-memory/pipeline.ts';
import { FAILED } from './upload-event.ts';

const QUARANTINE = { tagFailed: true, quarantinePrefix: 'quarantine/' };

/** Returns the tags by key and version. */
function tagsOf({ failedOriginals }: MemoryPipeline): Record<string, string> {
  return Object.fromEntries(failedOriginals.tags);
}

/** Makes a pipeline that also lists what is asked of S3 about originals. */
function listingPipeline(settings: ConstructorParameters<typeof MemoryPipeline>[0], render?: (text: string) => string) {
  const calls: string[] = [];
  const pipeline = new MemoryPipeline(settings, (own) => ({
    failedOriginals: {
      tag: async (original, code) => {
        calls.push(`tag ${original.key} ${original.versionId} ${code}`);
        return own.failedOriginals.tag(original, code);
      },
      copy: async (original, toKey, metadata) => {
        calls.push(`copy ${original.key} ${original.versionId}`);
        return own.failedOriginals.copy(original, toKey, metadata);
      },
    },
    ...(render && { render: async (bytes, { recipe }) => own.render(Buffer.from(render(bytes.toString())), recipe) }),
  }));
  return { pipeline, calls };
}

describe('an original that fails', () => {
  test('is tagged with its code, and only the version that failed', async () => {
    const pipeline = new MemoryPipeline({ tagFailed: true });

    await pipeline.invoke([pipeline.upload('a.jpg', 'bad'), pipeline.upload('b.jpg', 'cat')]);
    await pipeline.invoke([pipeline.upload('a.jpg', 'dog')]);

    expect(tagsOf(pipeline)).toEqual({ 'a.jpg v1': 'Corrupt' });
    expect(pipeline.renditions.history('quarantine/a.jpg')).toEqual([]);
  });

  test('is copied with the reason, which stays when a later version succeeds', async () => {
    const pipeline = new MemoryPipeline({ quarantinePrefix: 'quarantine/' });

    await pipeline.invoke([pipeline.upload('a.jpg', 'bad one')]);
    await pipeline.invoke([pipeline.upload('a.jpg', 'dog')]);

    const [copy, ...others] = pipeline.renditions.contents.versions.get('quarantine/a.jpg') ?? [];
    expect(others).toEqual([]);
    expect(copy?.bytes?.toString()).toBe('bad one');
    expect(copy?.metadata).toMatchObject({
      'failure-code': 'Corrupt',
      'failure-detail': 'a bad image',
      'original-bucket': 'uploads',
      'original-key': 'a.jpg',
      'original-version-id': 'v1',
    });
    expect(tagsOf(pipeline)).toEqual({});
    expect(pipeline.originals.versions('a.jpg').map(({ bytes }) => bytes?.toString())).toEqual(['bad one', 'dog']);
  });

  test('is not touched unless the settings ask for it', async () => {
    const pipeline = new MemoryPipeline();

    await pipeline.invoke([pipeline.upload('a.jpg', 'bad')]);

    expect(tagsOf(pipeline)).toEqual({});
    expect([...pipeline.renditions.contents.versions.keys()]).toEqual([]);
  });

  test('is copied once, however often its event arrives', async () => {
    const pipeline = new MemoryPipeline(QUARANTINE);
    const record = pipeline.upload('a.jpg', 'bad');

    for (let delivery = 1; delivery <= 3; delivery += 1) await pipeline.invoke([record]);

    expect(pipeline.renditions.history('quarantine/a.jpg')).toHaveLength(1);
  });

  test('whose key cannot be decoded is recorded without a tag or a copy', async () => {
    const { pipeline, calls } = listingPipeline(QUARANTINE);
    const record = pipeline.upload('a.jpg', 'bad');
    const malformed = { ...record, s3: { ...record.s3, object: { ...record.s3.object, key: '100%.jpg' } } };

    expect(statuses(await pipeline.invoke([malformed]))).toEqual(['failed']);
    expect(calls).toEqual([]);
  });

  test('with too long a key for a copy is tagged, and the log says so', async () => {
    const pipeline = new MemoryPipeline({ ...QUARANTINE, recipe: { renditions: [], background: '#ffffff' } });
    const key = `${'k'.repeat(1_012)}.jpg`;

    await pipeline.invoke([pipeline.upload(key, 'bad')]);

    expect(Object.keys(tagsOf(pipeline))).toEqual([`${key} v1`]);
    expect(pipeline.warnings).toEqual([{ message: 'the key is too long for a copy in quarantine', fields: { key } }]);
  });

  test('with the longest possible key is copied', async () => {
    const pipeline = new MemoryPipeline({ ...QUARANTINE, recipe: { renditions: [], background: '#ffffff' } });
    const key = `${'k'.repeat(1_009)}.jpg`;

    await pipeline.invoke([pipeline.upload(key, 'bad')]);

    expect(pipeline.renditions.history(`quarantine/${key}`)).toHaveLength(1);
    expect(pipeline.warnings).toEqual([]);
  });

  test('that S3 neither tags nor copies is recorded and announced all the same', async () => {
    const failedOriginals: FailedOriginals = { tag: async () => 'full', copy: async () => 'refused' };
    const pipeline = new MemoryPipeline(QUARANTINE, () => ({ failedOriginals }));

    expect(statuses(await pipeline.invoke([pipeline.upload('a.jpg', 'bad')]))).toEqual(['failed']);
    expect(pipeline.published).toHaveLength(1);
    expect(pipeline.warnings).toEqual([
      { message: 'the failed original has no room for another tag', fields: { key: 'a.jpg' } },
      { message: 'S3 does not copy the failed original to quarantine', fields: { key: 'a.jpg', failureCode: 'Corrupt' } },
    ]);
  });
});

describe('a fault while an original is marked', () => {
  test.each(['tag', 'copy'] as const)('(%s) is retried: one outcome, one message', async (method) => {
    let faults = 1;
    const pipeline: MemoryPipeline = new MemoryPipeline(QUARANTINE, ({ failedOriginals }) => ({
      failedOriginals: {
        tag: (...parameters) => faulty('tag', () => failedOriginals.tag(...parameters)),
        copy: (...parameters) => faulty('copy', () => failedOriginals.copy(...parameters)),
      },
    }));
    const faulty = async <Result>(name: string, call: () => Promise<Result>): Promise<Result> => {
      const result = await call();
      faults -= name === method ? 1 : 0;
      if (name === method && faults >= 0) throw new Error('the response was lost');
      return result;
    };
    const record = pipeline.upload('a.jpg', 'bad');

    await expect(pipeline.invoke([record], 'request')).rejects.toThrow('1 of 1 records');
    expect(pipeline.published).toEqual([]);
    expect(pipeline.observed).toEqual([]);
    expect(statuses(await pipeline.invoke([record], 'request'))).toEqual(['failed']);

    expect(pipeline.published).toHaveLength(1);
    expect(pipeline.observed).toHaveLength(1);
    expect(tagsOf(pipeline)).toEqual({ 'a.jpg v1': 'Corrupt' });
    expect(pipeline.renditions.history('quarantine/a.jpg')).toHaveLength(method === 'copy' ? 2 : 1);
  });
});

describe('a version that failed and succeeds later', () => {
  test('in a backfill loses the tag, and its copy stays', async () => {
    let isStrict = true;
    const pipeline: MemoryPipeline = new MemoryPipeline(QUARANTINE, (own) => ({
      render: async (bytes, { recipe }) => own.render(isStrict ? bytes : Buffer.from('cat'), recipe),
    }));
    await pipeline.invoke([pipeline.upload('a.jpg', 'bad')]);
    isStrict = false;

    const task = { taskId: 't', s3Key: 'a.jpg', s3BucketArn: 'arn:aws:s3:::uploads', s3VersionId: 'v1' };
    await pipeline.invokeWith({ invocationSchemaVersion: '1.0', invocationId: 'i', job: { id: 'job' }, tasks: [task] });

    expect(await pipeline.record('a.jpg')).toMatchObject({ status: 'processed' });
    expect(tagsOf(pipeline)).toEqual({});
    expect(pipeline.renditions.history('quarantine/a.jpg')).toHaveLength(1);
  });
});

describe('a version that succeeds', () => {
  test('costs no request about tags if no version of the photo can have one', async () => {
    const { pipeline, calls } = listingPipeline(QUARANTINE);

    await pipeline.invoke([pipeline.upload('a.jpg', 'cat')]);
    await pipeline.invoke([pipeline.upload('b.jpg', 'bad')]);
    await pipeline.invoke([pipeline.upload('b.jpg', 'dog')]);

    expect(calls).toEqual(['tag b.jpg v2 Corrupt', 'copy b.jpg v2']);
  });

  test.each([
    [true, ['tag a.jpg v1 Corrupt', 'copy a.jpg v1', 'tag a.jpg v1 undefined']],
    [false, ['copy a.jpg v1']],
  ])('loses the tag of its failure when a deletion uncovers it, if failures are tagged (%s)', async (tagFailed, expected) => {
    let isStrict = true;
    const { pipeline, calls } = listingPipeline({ ...QUARANTINE, tagFailed, deletePropagation: true }, (text) => (isStrict ? text : 'cat'));
    await pipeline.invoke([pipeline.upload('a.jpg', 'bad')]);
    isStrict = false;
    await pipeline.invoke([pipeline.upload('a.jpg', 'dog')]);

    await pipeline.invoke([pipeline.erase('a.jpg', 'v2')]);

    expect(calls).toEqual(expected);
  });
});

describe('a copy that is found after a photo was erased', () => {
  const SEQUENCER = '0055';
  const COPY: RenditionHead = { etag: 'e', ownVersionId: 'c1', sequencer: SEQUENCER };
  const GONE: LedgerRecord = {
    ...{ status: 'gone', sequencer: SEQUENCER, owner: '', leaseExpiresAt: 0, byBackfill: false, reportedVersions: [], notified: true },
  };

  async function left(record: LedgerRecord | undefined, copy = COPY, settings: object = {}): Promise<number> {
    const copies = [copy, copy];
    await removeErasedCopy(
      { bucket: 'uploads', key: 'a.jpg' },
      {
        ...{ deletePropagation: true, quarantinePrefix: 'quarantine/' },
        renditions: changed(new MemoryPipeline().renditions, {
          head: async (key) => (key === 'quarantine/a.jpg' ? copies.at(-1) : undefined),
          remove: async () => void copies.pop(),
        }),
        ledger: changed(new MemoryLedger(), { read: async () => record }),
        ...settings,
      },
    );
    return copies.length;
  }

  test.each<[what: string, record: LedgerRecord | undefined, copy: RenditionHead, left: number]>([
    ['of the erased event goes, with those below it', GONE, COPY, 0],
    ['of an older event goes', GONE, { ...COPY, sequencer: '0054' }, 0],
    ['of a newer event stays: that event is still to be settled', GONE, { ...COPY, sequencer: '0056' }, 2],
    ['of a run that is about to commit stays', { ...GONE, status: 'processing' }, COPY, 2],
    ['of an event before the one in progress goes', { ...GONE, status: 'processing' }, { ...COPY, sequencer: '0054' }, 0],
    ['of a photo with an effect stays', { ...GONE, status: 'failed', effect: FAILED }, COPY, 2],
    ['of a photo without a record stays', undefined, COPY, 2],
  ])('%s', async (_what, record, copy, expected) => {
    expect(await left(record, copy)).toBe(expected);
  });

  test.each([{ deletePropagation: false }, { quarantinePrefix: undefined }])('is not looked for with %j', async (settings) => {
    expect(await left(GONE, COPY, settings)).toBe(2);
  });
});

describe('with delete propagation', () => {
  const ERASING = { ...QUARANTINE, deletePropagation: true };

  test('deleting a photo erases every copy of it', async () => {
    const pipeline = new MemoryPipeline(ERASING);
    await pipeline.invoke([pipeline.upload('a.jpg', 'bad one')]);
    await pipeline.invoke([pipeline.upload('a.jpg', 'bad two')]);
    expect(pipeline.renditions.history('quarantine/a.jpg')).toHaveLength(2);

    await pipeline.invoke([pipeline.delete('a.jpg')]);

    expect(pipeline.renditions.history('quarantine/a.jpg')).toEqual([]);
  });

  test('a copy that a slow run made after the deletion is removed', async () => {
    let deleted: Promise<unknown> | undefined;
    const pipeline: MemoryPipeline = new MemoryPipeline(ERASING, (own) => ({
      failedOriginals: {
        tag: async () => 'done',
        copy: async (...parameters) => {
          deleted ??= own.invoke([own.delete('a.jpg')]);
          await deleted;
          return own.failedOriginals.copy(...parameters);
        },
      },
    }));

    expect(statuses(await pipeline.invoke([pipeline.upload('a.jpg', 'bad')]))).toEqual(['superseded']);

    expect(pipeline.renditions.history('quarantine/a.jpg')).toEqual([]);
    expect(await pipeline.record('a.jpg')).toMatchObject({ status: 'gone' });
  });

  test('without it, the copies stay', async () => {
    const pipeline = new MemoryPipeline(QUARANTINE);
    await pipeline.invoke([pipeline.upload('a.jpg', 'bad')]);

    await pipeline.invoke([pipeline.delete('a.jpg')]);

    expect(pipeline.renditions.history('quarantine/a.jpg')).toHaveLength(1);
  });
});

test('a copy in the upload bucket does not trigger the function', async () => {
  const pipeline = new MemoryPipeline({ ...QUARANTINE, outputBucket: 'uploads' });

  expect(await pipeline.invoke([pipeline.upload('quarantine/a.jpg', 'bad')])).toMatchObject([
    { status: 'ignored', reason: 'the key is a copy of a failed original' },
  ]);
});
