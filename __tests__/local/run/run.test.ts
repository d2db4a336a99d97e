import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Upload } from '../../../local/aws/upload.ts';
import type { UploadResult } from '../../../local/function/delivery-results.ts';
import type { Submission } from '../../../local/local-pipeline.ts';
import { OutputFolder } from '../../../local/run/output-folder.ts';
import { createPreviewer } from '../../../local/run/preview.ts';
import { type LocalUpload, type RunOptions, runUploads } from '../../../local/run/run.ts';
import type { PhotoResult } from '../../../local/run/run-result.ts';
import { makePhoto } from '../../fixtures/photos.ts';

const MAX_BYTES = 200_000;

/** A local pipeline that returns every photo as its own rendition and counts what it holds. */
class FakeLocalPipeline {
  readonly uploads: Upload[] = [];
  readonly stored = new Set<string>();
  mostAtOnce = 0;

  async submit({ body, ...rest }: Submission): Promise<UploadResult> {
    const upload = { ...rest, body: typeof body === 'function' ? await body() : body };
    this.uploads.push(upload);
    this.stored.add(upload.key);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.stored.size);
    await delay(upload.key.startsWith('slow') ? 20 : 1);
    return this.resultOf(upload);
  }

  async readRendition(key: string): Promise<Buffer> {
    const upload = this.uploads.find((each) => `resized/${each.key}` === key);
    return upload?.body ?? Buffer.alloc(0);
  }

  async remove(key: string): Promise<void> {
    this.stored.delete(key);
  }

  resultOf({ key, body }: Upload): UploadResult {
    const base = { key, attempts: 1, milliseconds: 1 };
    if (body.length > MAX_BYTES) return { ...base, status: 'failed', failureCode: 'TooLarge', detail: `${body.length} bytes`, outputs: [] };
    return {
      ...base,
      status: 'processed',
      image: { width: 64, height: 48, format: 'jpeg' },
      outputs: [{ key: `resized/${key}`, width: 64, height: 48, format: 'jpeg', bytes: 1_000 }],
    };
  }
}

let folder: string;
let output: OutputFolder;
let localPipeline: FakeLocalPipeline;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-'));
  output = await OutputFolder.open(join(folder, 'out'));
  localPipeline = new FakeLocalPipeline();
});

afterEach(() => rm(folder, { recursive: true }));

async function upload(key: string, bytes: Buffer): Promise<LocalUpload> {
  const path = join(folder, key);
  await writeFile(path, bytes);
  return { key, path };
}

async function photos(count: number): Promise<LocalUpload[]> {
  const photo = await makePhoto({ width: 64, height: 48 });
  return Promise.all(Array.from({ length: count }, (_, index) => upload(`${index % 5 === 0 ? 'slow' : 'fast'} ${index}.jpg`, photo)));
}

async function run(uploads: readonly LocalUpload[], options: Partial<RunOptions> = {}): Promise<PhotoResult[]> {
  return runUploads(uploads, { localPipeline, output, maxBytes: MAX_BYTES, previewer: createPreviewer(0), onPhoto: () => {}, ...options });
}

test('returns results in the order of the uploads, whichever finishes first', async () => {
  const uploads = await photos(20);
  const seen: string[] = [];
  const results = await run(uploads, { onPhoto: ({ key }) => seen.push(key) });
  expect(results.map(({ key }) => key)).toEqual(uploads.map(({ key }) => key));
  expect(seen).not.toEqual(uploads.map(({ key }) => key));
  expect(seen).toHaveLength(20);
});

test('holds a few photos at a time and frees each, however many there are', async () => {
  await run(await photos(40));
  expect(localPipeline.mostAtOnce).toBeLessThanOrEqual(5);
  expect(localPipeline.stored.size).toBe(0);
});

test('uploads whole files, with the content type of the suffix in either letter case', async () => {
  const photo = await makePhoto({ width: 64, height: 48 });
  await run([await upload('a.JPG', photo), await upload('b.png', photo), await upload('c.unknown', photo)]);
  // Several are in flight at once, in no particular order.
  expect(new Map(localPipeline.uploads.map(({ key, ...upload }) => [key, upload]))).toEqual(
    new Map([
      ['a.JPG', { body: photo, contentType: 'image/jpeg' }],
      ['b.png', { body: photo, contentType: 'image/png' }],
      ['c.unknown', { body: photo, contentType: undefined }],
    ]),
  );
});

test('holds large files one at a time', async () => {
  const uploads = await Promise.all(['a', 'b', 'c'].map((name) => upload(`slow ${name}.jpg`, Buffer.alloc(20_000_000))));
  await run(uploads, { maxBytes: 25_000_000 });
  expect(localPipeline.mostAtOnce).toBe(1);
});

test('writes every rendition into the output folder', async () => {
  const [first] = await run(await photos(1));
  const file = join(folder, 'out/resized/slow 0.jpg');
  expect(first?.outputs).toEqual([{ key: 'resized/slow 0.jpg', width: 64, height: 48, format: 'jpeg', bytes: 1_000, file }]);
  expect(await readFile(file)).toEqual(await makePhoto({ width: 64, height: 48 }));
});

test('reads only the start of a file that is too large and reports its true size', async () => {
  const [photo] = await run([await upload('film.jpg', Buffer.alloc(3 * MAX_BYTES))]);
  expect(localPipeline.uploads[0]?.body).toHaveLength(MAX_BYTES + 1);
  expect(photo).toMatchObject({ failureCode: 'TooLarge', bytes: 3 * MAX_BYTES, detail: '600000 bytes, of at most 200000' });
});

test('creates previews of the first photos only', async () => {
  const results = await run(await photos(6), { previewer: createPreviewer(2) });
  const previews = results.flatMap(({ preview }) => preview ?? []);
  expect(previews).toHaveLength(2);
  expect(previews[0]).toMatchObject({ width: 64, height: 48, format: 'jpeg', picture: { width: 64, height: 48 } });
});

test('fails if a file disappears', async () => {
  const [first] = await photos(1);
  await rm(first?.path ?? '');
  await expect(run(first ? [first] : [])).rejects.toThrow('ENOENT');
});
