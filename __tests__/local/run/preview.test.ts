import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { createPreviewer, type ProcessedPhoto } from '../../../local/run/preview.ts';
import type { Preview } from '../../../local/run/run-result.ts';
import { makePhoto, type PhotoOptions } from '../../fixtures/photos.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'preview-'));
});

afterEach(() => rm(folder, { recursive: true }));

const IMAGE = { width: 640, height: 480, format: 'jpeg' };

async function previewOf(original: Buffer, photo: Partial<ProcessedPhoto> = {}): Promise<Preview | undefined> {
  const path = join(folder, 'original');
  await writeFile(path, original);
  const rendition = { bytes: await makePhoto({ width: 320, height: 240 }), format: 'jpeg' } as const;
  return createPreviewer(1)({ path, image: IMAGE, rendition, ...photo });
}

/** Returns the metadata of a preview's picture. */
async function pictureIn(preview: Preview | undefined) {
  const [, type, data = ''] = preview?.picture?.uri.match(/^data:(\S+);base64,(.+)$/) ?? [];
  const { width, height, hasAlpha } = await sharp(Buffer.from(data, 'base64')).metadata();
  return { type, width, height, hasAlpha };
}

describe('a preview', () => {
  test('is made from the rendition and never opens the original with a library', async () => {
    const preview = await previewOf(Buffer.from('not a picture at all'));

    expect(preview).toMatchObject({ width: 640, height: 480, format: 'jpeg', changes: [] });
    expect(await pictureIn(preview)).toMatchObject({ type: 'image/jpeg', width: 320, height: 240 });
  });

  test('keeps the transparency of a rendition', async () => {
    const bytes = await makePhoto({ width: 1000, height: 500, alpha: true, format: 'png' });
    const preview = await previewOf(await makePhoto(), { rendition: { bytes, format: 'png' } });

    expect(await pictureIn(preview)).toEqual({ type: 'image/webp', width: 420, height: 210, hasAlpha: true });
  });

  test('is the placeholder if nothing was rendered, at the size that the photo would have', async () => {
    const image = { ...IMAGE, thumbHash: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w' };
    const preview = await previewOf(await makePhoto(), { image, rendition: undefined });

    expect(preview?.picture).toMatchObject({ uri: expect.stringMatching(/^data:image\/png;base64,/), width: 420, height: 315 });
    expect(await previewOf(await makePhoto(), { rendition: undefined })).toMatchObject({ picture: undefined, width: 640 });
  });

  test('is absent for a rendition that cannot be opened, without failing the run', async () => {
    const rendition = { bytes: Buffer.from('broken'), format: 'jpeg' } as const;

    expect(await previewOf(await makePhoto(), { rendition })).toBeUndefined();
  });
});

describe('the changes that a preview lists', () => {
  test.each<[string, PhotoOptions, readonly string[]]>([
    ['nothing for a plain photo', {}, []],
    ['rotation', { orientation: 6 }, ['turned upright', 'camera data removed']],
    ['no rotation for the normal orientation', { orientation: 1 }, ['camera data removed']],
    ['removal of camera data and location', { gps: true }, ['location removed', 'camera data removed']],
    ['colour conversion', { profile: 'p3' }, ['colours converted to sRGB']],
    ['nothing for an sRGB profile', { profile: 'srgb' }, []],
    ['filled transparency', { format: 'png', alpha: true }, ['transparency filled']],
    ['nothing for an opaque PNG', { format: 'png' }, []],
  ])('include %s', async (_what, options, changes) => {
    expect((await previewOf(await makePhoto(options)))?.changes).toEqual(changes);
  });

  test('come only from the first bytes of the original, wherever those end', async () => {
    const photo = await makePhoto({ gps: true, orientation: 6 });
    for (const length of [0, 1, 2, 4, 10, 30, 100]) {
      expect((await previewOf(photo.subarray(0, length)))?.changes ?? []).not.toContain('location removed');
    }
  });
});
