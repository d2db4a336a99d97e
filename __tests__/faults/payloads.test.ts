import { describe, expect, jest, test } from '@jest/globals';
import { fromEnvironment, toEnvironment } from '../../lambda-src/contract/environment.ts';
import { FAILURES } from '../../lambda-src/contract/outcome.ts';
import { Observer } from '../../lambda-src/observer.ts';
import { MemoryPipeline, SETTINGS, statuses } from '../in-memory/pipeline.ts';

describe('Fault 11: unexpected events', () => {
  test.each([
    ['no Records', { hello: 'world' }],
    ['null', null],
    ['a text', 'hello'],
    ['s3:TestEvent', { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'uploads' }],
    ['Records that is not a list', { Records: 'all' }],
  ])('%s is ignored', async (_name, payload) => {
    expect(await new MemoryPipeline().invokeWith(payload)).toMatchObject({ outcomes: [{ status: 'ignored' }] });
  });

  test('a valid record is processed next to a record without s3, one of an unknown event type and null', async () => {
    const pipeline = new MemoryPipeline();
    const event = pipeline.upload('a.jpg', 'cat');

    const answers = await pipeline.invoke([{ eventName: 'ObjectCreated:Put' }, { ...event, eventName: 'ObjectTagging:Put' }, null, event]);

    expect(statuses(answers)).toEqual(['ignored', 'ignored', 'ignored', 'processed']);
  });

  test.each(['versionId', 'sequencer', 'size', 'eTag'])('an upload without %s is processed', async (missing) => {
    const pipeline = new MemoryPipeline();
    const { s3, ...event } = pipeline.upload('a.jpg', 'cat');
    const object = { ...s3.object, [missing]: undefined };

    expect(statuses(await pipeline.invoke([{ ...event, s3: { ...s3, object } }]))).toEqual(['processed']);
  });

  test('uploads without sequencers are ordered by their time', async () => {
    const pipeline = new MemoryPipeline();
    const withoutSequencer = ({ s3, ...event }: ReturnType<MemoryPipeline['upload']>) => ({
      ...event,
      s3: { ...s3, object: { ...s3.object, sequencer: undefined } },
    });
    const older = withoutSequencer(pipeline.upload('a.jpg', 'cat'));
    pipeline.now += 1;
    const newer = withoutSequencer(pipeline.upload('a.jpg', 'dog'));

    expect(statuses([...(await pipeline.invoke([newer])), ...(await pipeline.invoke([older]))])).toEqual(['processed', 'superseded']);
  });
});

describe('Fault 12: keys of every kind', () => {
  test.each([
    ['spaces', 'my holiday photo.jpg'],
    ['a plus', 'a+b.jpg'],
    ['a percent sign', '100% real.jpg'],
    ['an apparent escape', 'a%2Fb.jpg'],
    ['umlauts composed (NFC)', 'Ümläut.jpg'.normalize('NFC')],
    ['umlauts decomposed (NFD)', 'Ümläut.jpg'.normalize('NFD')],
    ['emoji', '🐈‍⬛ photo.jpg'],
    ['a leading slash', '/a.jpg'],
    ['two dots, which are only part of the name', '../../etc/a.jpg'],
    ['two slashes', 'a//b.jpg'],
    ['control characters', 'a\n\u0007b.jpg'],
    ['upper case', 'IMG_0001.JPG'],
  ])('%s: decoded once, exactly', async (_name, key) => {
    const pipeline = new MemoryPipeline();

    expect(await pipeline.invoke([pipeline.upload(key, 'cat')])).toMatchObject([{ status: 'processed', key }]);
    expect(pipeline.rendition(key)).toBe('small/cat');
  });

  test('composed and decomposed names are two different photos', async () => {
    const pipeline = new MemoryPipeline();
    const [composed, decomposed] = ['ü.jpg'.normalize('NFC'), 'ü.jpg'.normalize('NFD')];

    await pipeline.invoke([pipeline.upload(composed, 'cat'), pipeline.upload(decomposed, 'dog')]);

    expect([pipeline.rendition(composed), pipeline.rendition(decomposed)]).toEqual(['small/cat', 'small/dog']);
  });

  test.each([1018, 1019])('a key of %i bytes is processed, or fails because the key of its rendition is too long', async (bytes) => {
    const pipeline = new MemoryPipeline();
    const key = `${'x'.repeat(bytes - 4)}.jpg`;

    const [answer] = await pipeline.invoke([pipeline.upload(key, 'cat')]);

    expect(answer).toMatchObject(
      bytes + 'small/'.length <= 1024 ? { status: 'processed' } : { status: 'failed', failureCode: 'KeyTooLong' },
    );
  });

  test('a malformed escape is a recorded and announced failure', async () => {
    const pipeline = new MemoryPipeline();
    const { s3, ...event } = pipeline.upload('a.jpg', 'cat');

    const answer = await pipeline.invoke([{ ...event, s3: { ...s3, object: { ...s3.object, key: 'a%ZZ.jpg' } } }]);

    expect(answer).toMatchObject([{ status: 'failed', failureCode: 'MalformedKey', key: 'a%ZZ.jpg' }]);
    expect(await pipeline.record('a%ZZ.jpg')).toMatchObject({ status: 'failed' });
    expect(pipeline.published).toHaveLength(1);
  });
});

describe('Fault 13: an output that would trigger the function', () => {
  test('is ignored at run time', async () => {
    const pipeline = new MemoryPipeline({ outputBucket: 'uploads' });

    expect(await pipeline.invoke([pipeline.upload('small/a.jpg', 'cat')])).toMatchObject([
      { status: 'ignored', reason: 'the key is one of our own renditions' },
    ]);
  });

  test('does not affect other keys in the same bucket', async () => {
    const pipeline = new MemoryPipeline({ outputBucket: 'uploads' });

    expect(statuses(await pipeline.invoke([pipeline.upload('uploads/a.jpg', 'cat')]))).toEqual(['processed']);
  });
});

describe('Fault 14: user metadata that does not fit', () => {
  async function metadataOf(metadata: Record<string, string>, key = 'a.jpg') {
    let stored: Readonly<Record<string, string>> = {};
    const pipeline = new MemoryPipeline({}, ({ renditions }) => ({
      renditions: {
        head: (name) => renditions.head(name),
        remove: (name, standing) => renditions.remove(name, standing),
        put: (upload) => {
          stored = upload.metadata;
          return renditions.put(upload);
        },
      },
    }));
    await pipeline.invoke([pipeline.upload(key, 'cat', metadata)]);
    return { stored, warnings: pipeline.warnings };
  }

  test('keeps the original’s metadata next to the pipeline’s own', async () => {
    const { stored } = await metadataOf({ album: 'Summer 2026' });

    expect(stored).toMatchObject({
      album: 'Summer 2026',
      'original-bucket': 'uploads',
      'original-key': 'a.jpg',
      'original-version-id': 'v1',
      'processed-date': '2026-03-04T05:06:07.000Z',
    });
  });

  test('prefers the pipeline’s own metadata if names collide, in any letter case', async () => {
    const { stored } = await metadataOf({ 'Original-Key': 'elsewhere.jpg', 'original-sequencer': 'FFFF' });

    expect(stored['original-key']).toBe('a.jpg');
    expect(stored['Original-Key']).toBeUndefined();
    expect(stored['original-sequencer']).toMatch(/^0069A7/);
  });

  test('encodes text that is not ASCII', async () => {
    const { stored } = await metadataOf({ place: 'Köln' }, 'Grüße 50%25.jpg');

    expect(stored.place).toBe('K%C3%B6ln');
    expect(decodeURI(stored['original-key'] ?? '')).toBe('Grüße 50%25.jpg');
  });

  test('drops entries beyond 2 KB, and logs their names', async () => {
    const { stored, warnings } = await metadataOf({ short: 'kept', long: 'x'.repeat(2_000) }, `${'ü'.repeat(400)}.jpg`);

    const bytes = Object.entries(stored).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    expect(bytes).toBeLessThanOrEqual(2_048);
    expect(stored).toMatchObject({ short: 'kept', 'original-version-id': 'v1' });
    expect(warnings).toMatchObject([{ fields: { dropped: ['original-key', 'long'] } }]);
    expect(JSON.stringify(warnings)).not.toContain('xxxx');
  });
});

describe('Fault 15: a missing or malformed environment variable', () => {
  const environment = toEnvironment(SETTINGS);

  test.each(Object.keys(environment))('%s is named if it is missing', (name) => {
    expect(() => fromEnvironment({ ...environment, [name]: undefined })).toThrow(new RegExp(`\\b${name} is missing`));
  });

  test.each([
    ['MAX_BYTES', 'many'],
    ['MAX_PIXELS', '-1'],
    ['LEASE_SECONDS', '1.5'],
    ['PUBLISH', 'everything'],
    ['RENDITIONS', '[{'],
    ['RENDITIONS', '[{"name":"a","prefix":"a/","width":"wide","height":100}]'],
    ['BACKGROUND', 'white'],
    ['DELETE_PROPAGATION', 'yes'],
  ])('%s=%s is named with the received value', (name, value) => {
    expect(() => fromEnvironment({ ...environment, [name]: value })).toThrow(new RegExp(`\\b${name}\\b.*received`));
  });
});

describe('Fault 16: metrics or logs that fail', () => {
  test('do not affect the image', () => {
    const observer = new Observer('image-processor');
    const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => {
      throw new Error('broken pipe');
    });

    expect(() => {
      observer.begin('request-1');
      observer.outcome({ status: 'gone', key: 'a.jpg' }, 1);
      observer.fault('a.jpg', new Error('fault'));
      observer.end();
    }).not.toThrow();
    write.mockRestore();
  });
});

describe('Fault 18: email subjects with hostile or long keys', () => {
  test.each(['a\r\nBcc: everyone@example.com\n.jpg', `${'long '.repeat(150)}.jpg`, '🐈 Köln.jpg'])(
    '%j gives one line of ASCII under 100 characters',
    async (key) => {
      const pipeline = new MemoryPipeline();

      await pipeline.invoke([pipeline.upload(key, 'bad')]);

      expect(pipeline.published[0]?.subject).toMatch(/^[\x20-\x7e]{1,99}$/);
    },
  );
});

describe('An email', () => {
  test('about a failure says what is wrong and what to do next, and can be filtered', async () => {
    const pipeline = new MemoryPipeline();

    await pipeline.invoke([pipeline.upload('a.jpg', 'bad')]);

    const [mail] = pipeline.published;
    expect(mail?.attributes).toEqual({ status: 'failed', preset: 'test', failureCode: 'Corrupt' });
    expect(mail?.message).toContain(FAILURES.Corrupt.sentence);
    expect(mail?.message).toContain(FAILURES.Corrupt.hint);
    expect(mail?.message).toContain('2026-03-04T05:06:07.000Z');
  });

  test('about a success states sizes and times', async () => {
    const pipeline = new MemoryPipeline();

    await pipeline.invoke([pipeline.upload('a.jpg', 'cat')]);

    expect(pipeline.published[0]?.attributes).toEqual({ status: 'processed', preset: 'test' });
    expect(pipeline.published[0]?.message).toMatch(/Original: 3 bytes[\s\S]*small: 9 bytes[\s\S]*Uploaded: 2026-03-04T05:06:07.000Z/);
  });

  test('with a report counts each image of an invocation once', async () => {
    const pipeline = new MemoryPipeline({ publish: ['report'] });
    const events = [pipeline.upload('a.jpg', 'cat'), pipeline.upload('b.jpg', 'bad'), pipeline.upload('c.jpg', 'dog')];

    await pipeline.invoke(events);
    await pipeline.invoke(events);

    expect(pipeline.published).toHaveLength(1);
    expect(pipeline.published[0]?.attributes).toEqual({ status: 'failed', preset: 'test' });
    expect(pipeline.published[0]?.message).toMatch(/^Processed: 2\nFailed: 1\n/);
  });
});

describe('Fault 17: log lines with hostile keys', () => {
  test('are one line of JSON each, without bodies, metadata or other properties of an error', () => {
    const lines: string[] = [];
    const capture = (chunk: unknown) => lines.push(String(chunk)) > 0;
    const spies = [
      jest.spyOn(process.stdout, 'write').mockImplementation(capture),
      jest.spyOn(process.stderr, 'write').mockImplementation(capture),
    ];
    const observer = new Observer('image-processor');
    observer.begin('request-1');
    observer.outcome({ status: 'gone', key: 'a\n{"level":"FAKE"}\u001b[31m.jpg' }, 3);
    observer.fault('b.jpg', Object.assign(new Error('denied'), { secretAccessKey: 'hush' }));
    for (const spy of spies) spy.mockRestore();

    const logged = lines.join('').trimEnd().split('\n');
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { message: 'outcome', status: 'gone', key: 'a\n{"level":"FAKE"}\u001b[31m.jpg', requestId: 'request-1' },
      { message: 'fault', key: 'b.jpg', fault: 'Error', detail: 'denied' },
    ]);
    expect(lines.join('')).not.toContain('hush');
  });
});
