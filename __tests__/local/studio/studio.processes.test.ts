import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { makePhoto } from '../../fixtures/photos.ts';
import { type RunningStudio, startStudio } from './running-studio.ts';

let running: RunningStudio;
let photo: Buffer;
let Bucket: string;

beforeAll(async () => {
  [running, photo] = await Promise.all([startStudio(), makePhoto({ width: 1600, height: 1200 })]);
  Bucket = running.studio.pipeline?.localPipeline.resources.uploadBucket ?? '';
});

afterAll(() => running.close());

/** Larger than the embedded S3 accepts by default in one request. */
const large = (): Buffer => Buffer.concat([photo, Buffer.alloc(12_000_000)]);

async function record(id: number): Promise<Record<string, unknown>> {
  const { body } = await running.send('GET', `/api/deliveries/${id}/record`);
  return JSON.parse(body);
}

describe('an object in the upload bucket is processed', () => {
  test('when an SDK puts it: every step is reported, and the rendition is written to the folder', async () => {
    const key = 'summer/Grüße + Küsse.jpg';
    await running.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: photo }));

    const delivery = await running.outcome((each) => each.key === key);

    expect(delivery).toMatchObject({
      status: 'processed',
      kind: 'upload',
      bytes: photo.length,
      image: { width: 1600, height: 1200 },
      announced: false,
    });
    const { upload, claim = 0, render = 0, store = 0, record: recorded = 0 } = delivery.steps;
    expect(upload).toBe(0);
    expect([claim, render, store, recorded]).toEqual([claim, render, store, recorded].toSorted((a, b) => a - b));
    expect(claim).toBeGreaterThan(0);
    const file = await readFile(join(running.folder, 'resized/summer/Grüße + Küsse.jpg'));
    expect(await sharp(file).metadata()).toMatchObject({ width: 1024, height: 768 });
  });

  test('when a presigned URL puts it, in one request of many megabytes', async () => {
    const url = await getSignedUrl(running.s3, new PutObjectCommand({ Bucket, Key: 'presigned.jpg' }));
    const { status } = await fetch(url, { method: 'PUT', body: new Uint8Array(large()), headers: { 'content-type': 'image/jpeg' } });

    expect(status).toBe(200);
    expect(await running.outcome(({ key }) => key === 'presigned.jpg')).toMatchObject({ status: 'processed', bytes: large().length });
  });

  test('when it is a multipart upload, once', async () => {
    await new Upload({ client: running.s3, params: { Bucket, Key: 'in parts.jpg', Body: large() } }).done();

    expect(await running.outcome(({ key }) => key === 'in parts.jpg')).toMatchObject({ status: 'processed', bytes: large().length });
    expect(running.studio.pipeline?.list.all.filter(({ key }) => key === 'in parts.jpg')).toHaveLength(1);
  });

  test('when it is empty, as a failure with its own code', async () => {
    const url = await getSignedUrl(running.s3, new PutObjectCommand({ Bucket, Key: 'empty.jpg' }));
    await fetch(url, { method: 'PUT', body: new Uint8Array(0) });

    expect(await running.outcome(({ key }) => key === 'empty.jpg')).toMatchObject({ status: 'failed', failure: { code: 'Empty' } });
  });

  test('unless the trigger does not apply to its key, which is reported', async () => {
    await running.s3.send(new PutObjectCommand({ Bucket, Key: 'notes.txt', Body: 'text' }));

    expect(await running.outcome(({ key }) => key === 'notes.txt')).toMatchObject({
      status: 'ignored',
      detail: expect.stringContaining('.jpg'),
    });
  });
});

describe('fault injection', () => {
  let id: number;
  let before: Record<string, unknown>;

  beforeAll(async () => {
    await running.s3.send(new PutObjectCommand({ Bucket, Key: 'victim.jpg', Body: photo }));
    ({ id } = await running.outcome(({ key }) => key === 'victim.jpg'));
    before = await record(id);
  });

  test('a duplicate event changes nothing', async () => {
    await running.send('POST', `/api/faults/duplicate?delivery=${id}`);

    expect(await running.outcome(({ kind }) => kind === 'duplicate')).toMatchObject({
      key: 'victim.jpg',
      status: 'duplicate',
      refused: true,
    });
    expect(await record(id)).toEqual(before);
  });

  test('a late event of an older version changes nothing', async () => {
    await running.send('POST', `/api/faults/late?delivery=${id}`);

    expect(await running.outcome(({ kind }) => kind === 'late')).toMatchObject({ key: 'victim.jpg', status: 'superseded', refused: true });
    expect(await record(id)).toEqual(before);
  });

  test('a bad file fails once, with a reason, a hint and a notification', async () => {
    await running.send('POST', '/api/faults/corrupt');

    const bad = await running.outcome(({ key }) => key === 'studio/damaged.jpg');
    expect(bad).toMatchObject({ status: 'failed', crashes: 0, announced: true, steps: { notify: expect.any(Number) } });
    expect(bad.failure).toMatchObject({ code: 'Corrupt', sentence: expect.any(String), hint: expect.any(String) });
  });

  test('the retry finishes a photo whose worker was killed', async () => {
    await running.send('POST', `/api/faults/kill?delivery=${id}`);

    const again = await running.outcome((each) => each.key === 'victim.jpg' && each.kind === 'upload' && each.id > id);
    expect(again).toMatchObject({ status: 'processed', crashes: 1 });
  });
});

test('another preset starts with empty buckets at the same S3 endpoint', async () => {
  const other = await startStudio();
  try {
    const before = other.studio.snapshot()?.s3.endpoint;

    const switched = await other.send('POST', '/api/preset?name=image-metadata');

    expect(switched.status).toBe(200);
    expect(other.studio.snapshot()).toMatchObject({
      preset: 'image-metadata',
      deliveries: [],
      totals: { mails: 0 },
      s3: { endpoint: before },
    });
    await other.send('POST', '/api/uploads?key=a.jpg', { body: photo, headers: { 'content-length': photo.length } });
    expect(await other.outcome(({ key }) => key === 'a.jpg')).toMatchObject({ status: 'processed', outputs: [], announced: true });
  } finally {
    await other.close();
  }
});

test('HEIC photos are processed if HEIC is on, also after a change of the preset', async () => {
  const heic = await startStudio(undefined, undefined, true);
  const Body = await readFile(new URL('../../fixtures/four-colours.heic', import.meta.url));
  for (const preset of ['photo-sharing', 'upload-processing'] as const) {
    await heic.studio.switchTo(preset);
    const { resources } = heic.studio.pipeline?.localPipeline ?? {};
    await heic.s3.send(new PutObjectCommand({ Bucket: resources?.uploadBucket, Key: 'uploads/IMG_0001.HEIC', Body }));
    const delivery = await heic.outcome(({ key }) => key === 'uploads/IMG_0001.HEIC');
    expect(delivery).toMatchObject({ status: 'processed', image: { width: 64, height: 64, format: 'heic' } });
  }
});
