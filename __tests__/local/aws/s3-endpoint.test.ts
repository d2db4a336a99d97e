import { createHmac } from 'node:crypto';
import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../../../local/aws/embedded-aws.ts';

let aws: EmbeddedAws;

beforeAll(async () => {
  aws = await startEmbeddedAws(deploymentOf('photo-sharing', 'dev', 'arm64'));
});

afterAll(() => aws.close());

/** The form that a page builds from a presigned POST, signed as in AWS's example (sigv4-post-example in the S3 API reference). */
function presignedForm(bucket: string, key: string, body: Buffer): FormData {
  const [date, region] = ['20260304', 'us-east-1'];
  const fields = {
    key,
    bucket,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `local/${date}/${region}/s3/aws4_request`,
    'X-Amz-Date': `${date}T000000Z`,
  };
  const conditions = [...Object.entries(fields).map(([name, value]) => ({ [name]: value })), ['content-length-range', 0, 1_000_000]];
  const policy = Buffer.from(JSON.stringify({ expiration: '2036-01-01T00:00:00Z', conditions })).toString('base64');
  const signingKey = [date, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    'AWS4local',
  );
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('Policy', policy);
  form.set('X-Amz-Signature', createHmac('sha256', signingKey).update(policy).digest('hex'));
  form.set('file', new Blob([Uint8Array.from(body)], { type: 'image/jpeg' }), 'photo.jpg');
  return form;
}

describe('a form POST with a presigned policy', () => {
  test.each([
    ['small', 1_000, ''],
    ['small, to the bucket with a slash', 1_000, '/'],
    ['of many megabytes', 20_000_000, ''],
  ])('is rejected with an S3 error and stores no object (%s)', async (_, bytes, slash) => {
    const bucket = aws.resources.uploadBucket;

    const answer = await fetch(`${aws.endpoints.s3}/${bucket}${slash}`, {
      method: 'POST',
      body: presignedForm(bucket, 'photo.jpg', Buffer.alloc(bytes, 'ÿ')),
    });

    expect(answer.status).toBe(501);
    expect(answer.headers.get('content-type')).toMatch(/^application\/xml/);
    expect(await answer.text()).toMatch(/<Code>NotImplemented<\/Code><Message>.*presigned PUT URL.*<\/Message>/s);
    expect((await aws.clients.s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount).toBe(0);
  });

  test('is not confused with the POST of DeleteObjects', async () => {
    const bucket = aws.resources.uploadBucket;
    await aws.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a.txt', Body: 'a' }));

    const { Deleted } = await aws.clients.s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: [{ Key: 'a.txt' }] } }));

    expect(Deleted).toEqual([expect.objectContaining({ Key: 'a.txt' })]);
  });
});
