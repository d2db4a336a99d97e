import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jobCommands, writeManifest } from '../../../cli/backfill/manifest.ts';
import type { InspectedPhoto } from '../../../cli/photos/inspection.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { handlerSettings } from '../../../config/handler-settings.ts';

const resources = { uploadBucket: 'uploads', outputBucket: 'renditions', tableName: 'ledger', topicArn: 'arn' };
const settings = handlerSettings(deploymentOf('photo-sharing', 'dev', 'x86_64'), resources);
const place = {
  functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:f',
  partition: 'aws',
  region: 'eu-west-1',
  account: '123456789012',
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function* photos(...keys: string[]): AsyncGenerator<InspectedPhoto> {
  for (const key of keys) yield { upload: { key, etag: 'e1', size: 3, lastModified: new Date(0) }, state: 'missing' };
}

async function written(versions: Readonly<Record<string, string | undefined>>) {
  const file = join(folder, 'manifest.csv');
  const original = async (key: string) =>
    key in versions ? { etag: 'e1', versionId: versions[key], size: 3, lastModified: new Date(0) } : undefined;
  const manifest = await writeManifest(file, photos('a.jpg', 'b,c.jpg', 'deleted.jpg'), { settings, original }, () => {});
  return { manifest, content: await readFile(file, 'utf8') };
}

test('each line has the current version; photos that were deleted meanwhile are left out', async () => {
  const { manifest, content } = await written({ 'a.jpg': 'v1', 'b,c.jpg': 'v2' });

  expect(content).toBe('uploads,a.jpg,v1\nuploads,b%2Cc.jpg,v2\n');
  expect(manifest).toMatchObject({ lines: 2, fields: ['Bucket', 'Key', 'VersionId'] });
});

test('a photo that is older than the versioning of the bucket has the version null', async () => {
  expect((await written({ 'a.jpg': 'v1', 'b,c.jpg': undefined })).content).toBe('uploads,a.jpg,v1\nuploads,b%2Cc.jpg,null\n');
});

test('a bucket without versions has no column for them', async () => {
  const { manifest, content } = await written({ 'a.jpg': undefined, 'b,c.jpg': undefined });

  expect(content).toBe('uploads,a.jpg\nuploads,b%2Cc.jpg\n');
  expect(manifest.fields).toEqual(['Bucket', 'Key']);
});

test('the commands contain JSON that S3 understands', () => {
  const commands = jobCommands({ file: "it's.csv", lines: 2, fields: ['Bucket', 'Key'] }, place, 'job-1');
  // The shell replaces its two variables and removes the quotes around them.
  const json = commands.replaceAll(`'"$BUCKET"'`, 'jobs').replaceAll(`'"$ETAG"'`, '"e1"');
  const parameter = (name: string): unknown => JSON.parse(new RegExp(`--${name} '(.*)'`).exec(json)?.[1] ?? '');

  expect(parameter('operation')).toEqual({ LambdaInvoke: { FunctionArn: place.functionArn } });
  expect(parameter('manifest')).toEqual({
    Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
    Location: { ObjectArn: 'arn:aws:s3:::jobs/job-1.csv', ETag: 'e1' },
  });
  expect(parameter('report')).toMatchObject({ Bucket: 'arn:aws:s3:::jobs', Enabled: true });
  expect(commands).toContain(`aws s3 cp 'it'\\''s.csv' "s3://$BUCKET/job-1.csv"`);
  expect(commands).toContain('--region eu-west-1 --account-id 123456789012');
});
