import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../../../local/aws/embedded-aws.ts';
import { uploadTo } from '../../../local/aws/upload.ts';

let aws: EmbeddedAws;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upload-'));
  aws = await startEmbeddedAws(deploymentOf('photo-sharing', 'dev', 'arm64'));
});

afterAll(async () => {
  await aws.close();
  await rm(folder, { recursive: true });
});

async function stored(Key: string): Promise<{ bytes: Buffer; contentType: string | undefined; metadata: object | undefined }> {
  const object = await aws.clients.s3.send(new GetObjectCommand({ Bucket: aws.resources.uploadBucket, Key }));
  const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
  return { bytes, contentType: object.ContentType, metadata: object.Metadata };
}

describe('an upload', () => {
  const LARGE = randomBytes(20 * 1024 * 1024);

  test.each([
    ['an empty one', Buffer.alloc(0), 'ObjectCreated:Put', /^"[0-9a-f]{32}"$/],
    ['a small one', Buffer.from('photo'), 'ObjectCreated:Put', /^"[0-9a-f]{32}"$/],
    ['one of exactly a part', LARGE.subarray(0, 8 * 1024 * 1024), 'ObjectCreated:Put', /^"[0-9a-f]{32}"$/],
    ['a large one', LARGE, 'ObjectCreated:CompleteMultipartUpload', /^"[0-9a-f]{32}-3"$/],
  ])('of bytes or a file is complete: %s', async (_, content, eventName, eTag) => {
    await writeFile(join(folder, 'photo'), content);

    const uploads = [content, join(folder, 'photo')].map((body, index) =>
      uploadTo(aws.clients.s3, aws.resources.uploadBucket, {
        key: `${index} ü.jpg`,
        body,
        contentType: 'image/jpeg',
        metadata: { album: 'May' },
      }),
    );
    const answers = await Promise.all(uploads);

    for (const [index, answer] of answers.entries()) {
      expect(answer).toEqual({ eventName, size: content.length, eTag: expect.stringMatching(eTag) });
      const { bytes, contentType, metadata } = await stored(`${index} ü.jpg`);
      expect(bytes.equals(content)).toBe(true);
      expect({ contentType, metadata }).toEqual({ contentType: 'image/jpeg', metadata: { album: 'May' } });
    }
  });

  test('of a missing file fails and names it', async () => {
    const uploading = uploadTo(aws.clients.s3, aws.resources.uploadBucket, { key: 'a.jpg', body: '/nowhere/a.jpg' });

    await expect(uploading).rejects.toMatchObject({ code: 'ENOENT', path: '/nowhere/a.jpg' });
  });
});
