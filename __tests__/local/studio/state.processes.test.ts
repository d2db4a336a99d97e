import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Delivery } from '../../../local/studio/delivery.ts';
import { StateFolder } from '../../../local/studio/state-folder.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { standInBundle } from '../stand-in-bundle.ts';
import { type RunningStudio, startStudio } from './running-studio.ts';

/** What photo-sharing is called on this machine. */
const Bucket = 'photo-uploads-photo-sharing-dev-000000000000';
const OUTPUT = 'photo-processed-photo-sharing-dev-000000000000';

let folder: string;
let photo: Buffer;

beforeAll(async () => {
  [folder, photo] = await Promise.all([mkdtemp(join(tmpdir(), 'state-')), makePhoto({ width: 1600, height: 1200 })]);
});

afterAll(() => rm(folder, { recursive: true }));

const finishedOf = (running: RunningStudio, wanted: string): Promise<Delivery> => running.outcome(({ key }) => key === wanted);

async function put(running: RunningStudio, Key: string, Body = photo): Promise<void> {
  await running.s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'image/jpeg', Metadata: { camera: 'mine' } }));
}

async function record(running: RunningStudio, id: number): Promise<unknown> {
  return JSON.parse((await running.send('GET', `/api/deliveries/${id}/record`)).body);
}

describe('a studio that resumes from a state folder', () => {
  const key = 'summer/Grüße + Küsse/../beach.jpg';
  let state: string;
  let recordBefore: unknown;
  let renditionBefore: Buffer;
  let running: RunningStudio;
  let id: number;

  const rendition = async (studio: RunningStudio): Promise<Buffer> => {
    const { Body, Metadata } = await studio.s3.send(new GetObjectCommand({ Bucket: OUTPUT, Key: `resized/${key}` }));
    expect(Metadata).toHaveProperty('original-sequencer');
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };

  beforeAll(async () => {
    state = join(folder, 'again');
    const first = await startStudio(state);
    await put(first, key);
    await put(first, 'cut.jpg', photo.subarray(0, 9_000));
    await put(first, 'deleted.jpg');
    ({ id } = await finishedOf(first, key));
    await finishedOf(first, 'cut.jpg');
    await finishedOf(first, 'deleted.jpg');
    await first.s3.send(new DeleteObjectCommand({ Bucket, Key: 'deleted.jpg' }));
    [recordBefore, renditionBefore] = await Promise.all([record(first, id), rendition(first)]);
    await first.close();
    running = await startStudio(state);
  });

  afterAll(() => running.close());

  test('shows the same photos, outcomes, notifications and totals', () => {
    const now = running.studio.snapshot();
    expect(now?.deliveries.map(({ key, status }) => `${key} ${status}`).sort()).toEqual([
      'cut.jpg failed',
      'deleted.jpg processed',
      `${key} processed`,
    ]);
    expect(now?.mails).toMatchObject([{ subject: expect.stringContaining('cut.jpg') }]);
    expect(now?.totals).toMatchObject({ outcomes: { processed: 2, failed: 1 }, mails: 1 });
  });

  test('has the same record, original and rendition, with their metadata', async () => {
    expect(await record(running, id)).toEqual(recordBefore);
    const original = await running.s3.send(new GetObjectCommand({ Bucket, Key: key }));
    expect(original).toMatchObject({ ContentType: 'image/jpeg', Metadata: { camera: 'mine' } });
    expect(photo.equals((await original.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
    expect(renditionBefore.equals(await rendition(running))).toBe(true);
    const shown = await fetch(`${running.url}api/deliveries/${id}/renditions/0`);
    expect(renditionBefore.equals(Buffer.from(await shown.arrayBuffer()))).toBe(true);
  });

  test('does not restore what was deleted, and notices what is deleted now', async () => {
    const { id: deleted } = await finishedOf(running, 'deleted.jpg');
    expect((await running.send('GET', `/api/deliveries/${deleted}/original`)).status).toBe(404);
    expect((await finishedOf(running, 'cut.jpg')).kept).toBe(true);

    await running.s3.send(new DeleteObjectCommand({ Bucket, Key: 'cut.jpg' }));

    expect(await running.outcome(({ key, kept }) => key === 'cut.jpg' && !kept)).toMatchObject({ status: 'failed' });
    expect(running.studio.snapshot()?.totals.outcomes).toMatchObject({ processed: 2, failed: 1 });
  });

  test('recognizes the repeated event of an earlier upload as a duplicate', async () => {
    await running.send('POST', `/api/faults/duplicate?delivery=${id}`);

    expect(await running.outcome(({ kind }) => kind === 'duplicate')).toMatchObject({ key, status: 'duplicate', refused: true });
    expect(await record(running, id)).toEqual(recordBefore);
  });

  test('lets a newer version of an earlier upload win, and assigns no id twice', async () => {
    await put(running, key, await makePhoto({ width: 800, height: 600 }));

    const newer = await running.outcome((each) => each.key === key && each.kind === 'upload' && each.id !== id);
    expect(newer).toMatchObject({ status: 'processed', image: { width: 800, height: 600 } });
    expect(newer.id).toBeGreaterThan(id);
    await running.send('POST', `/api/faults/late?delivery=${id}`);
    expect(await running.outcome(({ kind }) => kind === 'late')).toMatchObject({ status: 'superseded' });
    expect(await record(running, id)).toMatchObject({ Width: 800 });
  });

  test('writes only to its folder and the output folder, whatever a key looks like', async () => {
    expect((await readdir(state)).sort()).toEqual(['studio', 'studio-state.json', 'table-photo-sharing']);
    expect((await readdir(folder)).sort()).toEqual(['again']);
    expect((await readdir(running.folder)).filter((name) => !name.startsWith('.'))).toEqual(['resized']);
  });

  test('saves each preset separately', async () => {
    await running.send('POST', '/api/preset?name=image-metadata');
    expect(running.studio.snapshot()).toMatchObject({ preset: 'image-metadata', deliveries: [], mails: [] });
    await running.send('POST', '/api/preset?name=photo-sharing');
    expect(running.studio.snapshot()?.deliveries.map((each) => each.key)).toContain('cut.jpg');
    expect(await record(running, id)).toMatchObject({ Width: 800 });
  });
});

test('a photo in flight when the studio is stopped is processed at the next start', async () => {
  const state = join(folder, 'interrupted');
  const bundle = await standInBundle('export const handler = () => new Promise(() => {});');
  const first = await startStudio(state, bundle.path);
  await put(first, 'under way.jpg');
  await first.close();
  await bundle.remove();

  const second = await startStudio(state);

  expect(await finishedOf(second, 'under way.jpg')).toMatchObject({ status: 'processed', kind: 'upload', id: 2 });
  expect(second.studio.snapshot()?.totals.outcomes).toMatchObject({ processed: 1, deadLettered: 0 });
  expect(second.studio.snapshot()?.deliveries).toHaveLength(1);
  await second.close();
});

describe('a folder is refused', () => {
  test('when it holds something else, which stays unchanged', async () => {
    const state = await mkdtemp(join(folder, 'foreign-'));
    await writeFile(join(state, 'diary.txt'), 'Dear diary');

    await expect(StateFolder.open(state)).rejects.toThrow(`The folder "${state}" holds something other than studio state.`);
    expect(await readdir(state)).toEqual(['diary.txt']);
  });

  test('when it is a file', async () => {
    const state = join(folder, 'file');
    await writeFile(state, '');
    await expect(StateFolder.open(state)).rejects.toThrow(/cannot be used \(.*\)\. Choose another with --state\./);
  });

  test('while another studio uses it', async () => {
    const state = join(folder, 'used');
    const first = await StateFolder.open(state);
    await expect(StateFolder.open(state)).rejects.toThrow(`Another studio is using the state folder "${state}".`);
    await first.close();
    await (await StateFolder.open(state)).close();
  });

  test('when another version of the studio wrote it', async () => {
    const state = join(folder, 'newer');
    await (await StateFolder.open(state)).close();
    const marker = join(state, 'studio-state.json');
    await writeFile(marker, (await readFile(marker, 'utf8')).replace('1', '2'));
    await expect(StateFolder.open(state)).rejects.toThrow('was written by another version');
  });
});
