import { GetObjectTaggingCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { buildLocalBundle } from '../../asset/local-bundle.ts';
import { type LocalPipeline, startLocalPipeline } from '../../local/local-pipeline.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { type Recipe, recipes, settingsOf, uploadsOf } from './recipes.ts';

/** The files that recipes upload, by their name without folders. */
const FILES: Readonly<Record<string, () => Promise<Buffer>>> = {
  'beach.jpg': () => makePhoto({ width: 1600, height: 1200, gps: true }),
  'damaged.jpg': async () => (await makePhoto()).subarray(0, 5_000),
  'script.jpg': async () => Buffer.from('#!/bin/sh\necho hello\n'),
  'beach-draft.jpg': () => makePhoto({ width: 1600, height: 1200 }),
};

describe('The recipe', () => {
  const all = recipes();
  const bundle = buildLocalBundle();

  test.each(all.map((recipe) => [recipe.heading, recipe] as const))('%s works as printed', async (_heading, recipe) => {
    expect(await resultsOf(recipe, await bundle)).toEqual(recipe.results);
  });
});

/** Runs a recipe in the local pipeline and prints what happened in the form of the page. */
async function resultsOf(recipe: Recipe, bundle: string): Promise<string[]> {
  const pipeline = await startLocalPipeline({ settings: settingsOf(recipe), workers: 1, bundle });
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
      lines.push(...(await tagsOf(s3, pipeline, key)));
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

async function described(s3: S3Client, pipeline: LocalPipeline, key: string): Promise<string> {
  const { ContentType = '', Metadata = {} } = await s3.send(new HeadObjectCommand({ Bucket: pipeline.resources.outputBucket, Key: key }));
  if (!ContentType.startsWith('image/')) return [ContentType, ...reasonIn(Metadata)].join(', ');
  const { width, height } = await sharp(await pipeline.readRendition(key)).metadata();
  return `${width} × ${height}, ${ContentType}`;
}

function reasonIn(metadata: Readonly<Record<string, string>>): string[] {
  return metadata['failure-code'] === undefined ? [] : [`failure-code=${metadata['failure-code']}`];
}

/** Returns the tags of an original as one line, or none. */
async function tagsOf(s3: S3Client, { resources }: LocalPipeline, key: string): Promise<string[]> {
  const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand({ Bucket: resources.uploadBucket, Key: key }));
  return TagSet.length === 0 ? [] : [`  tags ${TagSet.map(({ Key, Value }) => `${Key}=${Value}`).join(', ')}`];
}
