import { readFile } from 'node:fs/promises';
import { GetObjectTaggingCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { Manifest } from '../../lambda-src/contract/manifest.ts';
import { type LocalPipeline, startLocalPipeline } from '../../local/local-pipeline.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { type Recipe, recipes, settingsOf, uploadsOf } from './recipes.ts';

/** The files that recipes upload, by their name without folders. */
const FILES: Readonly<Record<string, () => Promise<Buffer>>> = {
  'beach.jpg': () => makePhoto({ width: 1600, height: 1200, gps: true }),
  'damaged.jpg': async () => (await makePhoto()).subarray(0, 5_000),
  'script.jpg': async () => Buffer.from('#!/bin/sh\necho hello\n'),
  'wall.jpg': () => frame('#808890', 1600, 1200).jpeg().toBuffer(),
  'waves.gif': async () => {
    const frames = await Promise.all(['#224488', '#3366aa', '#4488cc'].map((colour) => frame(colour, 200, 100).png().toBuffer()));
    return sharp(frames, { join: { animated: true } })
      .gif({ delay: [100, 100, 100] })
      .toBuffer();
  },
  'logo.png': () => makePhoto({ width: 500, height: 200, alpha: true, format: 'png' }),
  'IMG_0001.HEIC': () => readFile('__tests__/fixtures/four-colours.heic'),
  'studio.jpg': async () =>
    sharp(await makePhoto({ width: 1600, height: 1200 }))
      .withExif({
        IFD0: { Copyright: '(c) 2026 Example Studio', Make: 'Acme' },
        IFD2: { DateTimeOriginal: '2026:03:04 05:06:07', OffsetTimeOriginal: '+01:00' },
      })
      .toBuffer(),
  'beach-draft.jpg': () => makePhoto({ width: 1600, height: 1200 }),
};

function frame(background: string, width: number, height: number) {
  return sharp({ create: { width, height, channels: 3, background } });
}

describe('The recipe', () => {
  const all = recipes();

  test.each(all.map((recipe) => [recipe.heading, recipe] as const))('%s works as printed', async (_heading, recipe) => {
    expect(await resultsOf(recipe)).toEqual(recipe.results);
  });
});

/** Runs a recipe in the local pipeline and prints what happened in the form of the page. */
async function resultsOf(recipe: Recipe): Promise<string[]> {
  const pipeline = await startLocalPipeline({ settings: settingsOf(recipe), workers: 1 });
  const s3 = new S3Client({
    endpoint: pipeline.endpoints.s3,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    forcePathStyle: true,
  });
  try {
    const lines: string[] = [];
    let before: string[] = [];
    for (const key of uploadsOf(recipe)) {
      const { status, failureCode, detail } = await pipeline.submit({ key, body: await fileOf(key), contentType: 'image/jpeg' });
      const why = failureCode ?? detail;
      lines.push(`${key} ${status}${why === undefined ? '' : ` (${why})`}`);
      const after = await storedKeys(s3, pipeline);
      for (const stored of after.filter((one) => !before.includes(one))) lines.push(`  ${stored} ${await described(s3, pipeline, stored)}`);
      lines.push(...(await tagsOf(s3, pipeline, key)), ...(await metadataIn(pipeline, key)));
      before = after;
    }
    return lines;
  } finally {
    s3.destroy();
    await pipeline.close();
  }
}

function fileOf(key: string): Promise<Buffer> {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const make = FILES[name];
  if (make === undefined) throw new Error(`add ${name} to the files of the recipes`);
  return make();
}

async function storedKeys(s3: S3Client, { resources }: LocalPipeline): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: resources.outputBucket }));
  return Contents.map(({ Key = '' }) => Key);
}

/** Describes a stored object: size and type of an image, the reason of a copy, and the headers and tags that settings gave it. */
async function described(s3: S3Client, pipeline: LocalPipeline, key: string): Promise<string> {
  const object = { Bucket: pipeline.resources.outputBucket, Key: key };
  const { ContentType = '', Metadata = {}, CacheControl, ContentDisposition, StorageClass } = await s3.send(new HeadObjectCommand(object));
  const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand(object));
  const size = ContentType.startsWith('image/') ? [await sizeOf(await pipeline.readRendition(key))] : [];
  const headers = [CacheControl, ContentDisposition, StorageClass].filter((header) => header !== undefined);
  if (ContentType === 'application/json') {
    const headers = [ContentType, CacheControl].filter((header) => header !== undefined);
    return `${summaryOf(await pipeline.readRendition(key))}; ${headers.join(', ')}`;
  }
  return [
    ...size,
    ContentType,
    ...(ContentType.startsWith('image/') ? await copyrightIn(await pipeline.readRendition(key)) : []),
    ...reasonIn(Metadata),
    ...headers,
    ...TagSet.map(({ Key, Value }) => `${Key}=${Value}`),
  ].join(', ');
}

/** Describes the metadata that the record has of a photo. */
async function metadataIn(pipeline: LocalPipeline, key: string): Promise<string[]> {
  const metadata = Object(await pipeline.record(key)).PhotoMetadata ?? {};
  const fields = Object.entries(metadata).map(([name, value]) => `${name[0]?.toLowerCase()}${name.slice(1)}=${value}`);
  return fields.length === 0 ? [] : [`  record ${fields.join(', ')}`];
}

/** Returns the copyright that a rendition carries. */
async function copyrightIn(image: Buffer): Promise<string[]> {
  const { xmp } = await sharp(image).metadata();
  const copyright = /<dc:rights>.*?<rdf:li[^>]*>(.*?)</.exec(xmp?.toString() ?? '')?.[1];
  return copyright === undefined ? [] : [`copyright ${JSON.stringify(copyright)}`];
}

/** Summarizes a manifest. */
function summaryOf(json: Buffer): string {
  const manifest: Manifest = JSON.parse(json.toString());
  if (manifest.status === 'failed') return `failed: ${manifest.failureCode}`;
  const renditions = manifest.picture?.renditions.map(({ width, height, format }) => `${width} × ${height} ${format}`) ?? [];
  return `${manifest.status}: ${renditions.join(', ')}`;
}

async function sizeOf(image: Buffer): Promise<string> {
  const { width, height, pageHeight, pages = 1 } = await sharp(image).metadata();
  const size = `${width} × ${pageHeight ?? height}`;
  if (pages > 1) return `${size}, ${pages} frames`;
  const drawn = await drawnQuarters(image, { width, height });
  return drawn.length === 1 ? `${size}, one colour except at the ${drawn[0]}` : size;
}

/** Returns the quarters of an image that have more than one colour. */
async function drawnQuarters(image: Buffer, size: { readonly width: number; readonly height: number }): Promise<string[]> {
  const [width, height] = [Math.floor(size.width / 2), Math.floor(size.height / 2)];
  const quarters = ['top left', 'top right', 'bottom left', 'bottom right'].map(async (name) => {
    const region = { left: name.endsWith('right') ? width : 0, top: name.startsWith('bottom') ? height : 0, width, height };
    const { channels } = await sharp(await sharp(image).extract(region).png().toBuffer()).stats();
    return channels.some(({ stdev }) => stdev > 1) ? [name] : [];
  });
  return (await Promise.all(quarters)).flat();
}

function reasonIn(metadata: Readonly<Record<string, string>>): string[] {
  return metadata['failure-code'] === undefined ? [] : [`failure-code=${metadata['failure-code']}`];
}

/** Returns the tags of an original as one line, or none. */
async function tagsOf(s3: S3Client, { resources }: LocalPipeline, key: string): Promise<string[]> {
  const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand({ Bucket: resources.uploadBucket, Key: key }));
  return TagSet.length === 0 ? [] : [`  tags ${TagSet.map(({ Key, Value }) => `${Key}=${Value}`).join(', ')}`];
}
