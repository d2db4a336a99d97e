import { randomBytes } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../../../local/aws/embedded-aws.ts';
import { uploadTo } from '../../../local/aws/upload.ts';

let aws: EmbeddedAws;

beforeAll(async () => {
  aws = await startEmbeddedAws(deploymentOf('photo-sharing', 'dev', 'arm64'));
});

afterAll(() => aws.close());

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
  ])('is complete: %s', async (_, body, eventName, eTag) => {
    const photo = { key: 'ü.jpg', body, contentType: 'image/jpeg', metadata: { album: 'May' } };

    const answer = await uploadTo(aws.clients.s3, aws.resources.uploadBucket, photo);

    expect(answer).toEqual({ eventName, size: body.length, eTag: expect.stringMatching(eTag) });
    const { bytes, contentType, metadata } = await stored('ü.jpg');
    expect(bytes.equals(body)).toBe(true);
    expect({ contentType, metadata }).toEqual({ contentType: 'image/jpeg', metadata: { album: 'May' } });
  });
});
