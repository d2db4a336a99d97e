import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { S3FailedOriginals } from '../../../lambda-src/adapters/s3-failed-originals.ts';
import { S3OriginalStore } from '../../../lambda-src/adapters/s3-original-store.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../../../local/aws/embedded-aws.ts';
import { itIsAnOriginalStore, itMarksFailedOriginals } from '../../lambda-src/adapters/store-contracts.ts';

let aws: EmbeddedAws;

beforeAll(async () => {
  aws = await startEmbeddedAws(deploymentOf('photo-sharing', 'dev', 'x86_64'));
  await aws.clients.s3.send(new CreateBucketCommand({ Bucket: 'uploads' }));
});

afterAll(() => aws.close());

function hold(key: string, text: string, metadata?: Record<string, string>): string {
  const { eTag = '' } = aws.originals.hold('uploads', { key, body: Buffer.from(text), metadata });
  return eTag.replaceAll('"', '');
}

async function textOf(key: string): Promise<string | undefined> {
  const { Body } = await aws.clients.s3.send(new GetObjectCommand({ Bucket: 'uploads', Key: key }));
  return Body?.transformToString();
}

describe('Originals held for the function, read through S3', () => {
  itIsAnOriginalStore(async () => ({
    store: new S3OriginalStore(aws.clients.s3),
    upload: async (key, text, metadata) => ({ etag: hold(key, text, metadata) }),
    delete: async (key) => aws.originals.release('uploads', key),
  }));
});

describe('Failed originals that are held', () => {
  itMarksFailedOriginals(
    async () => ({
      marks: new S3FailedOriginals(aws.clients.s3, aws.resources.outputBucket ?? ''),
      // Events name a version, although only the current one exists.
      upload: async (key, text) => ({ versionId: hold(key, text) }),
      tagsOf: async (key) => tagsOf(key),
      copyUnder: async (Key) => {
        const { Body, Metadata = {} } = await aws.clients.s3.send(new GetObjectCommand({ Bucket: aws.resources.outputBucket, Key }));
        return Body && { text: await Body.transformToString(), metadata: Metadata };
      },
    }),
    { versions: false },
  );

  test('keep other tags, and lose all of them when they are replaced', async () => {
    hold('d.jpg', 'cat');
    const Tagging = { TagSet: [{ Key: 'album', Value: 'Käse & Wein' }] };
    await aws.clients.s3.send(new PutObjectTaggingCommand({ Bucket: 'uploads', Key: 'd.jpg', Tagging }));

    await new S3FailedOriginals(aws.clients.s3, '').tag({ bucket: 'uploads', key: 'd.jpg' }, 'Corrupt');
    expect(await tagsOf('d.jpg')).toMatchObject({ album: 'Käse & Wein', 'image-pipeline-code': 'Corrupt' });
    expect(await textOf('d.jpg')).toBe('cat');

    hold('d.jpg', 'bird');
    expect(await tagsOf('d.jpg')).toEqual({});

    await aws.clients.s3.send(new PutObjectTaggingCommand({ Bucket: 'uploads', Key: 'd.jpg', Tagging }));
    await aws.clients.s3.send(new PutObjectCommand({ Bucket: 'uploads', Key: 'd.jpg', Body: 'dog' }));
    expect(await tagsOf('d.jpg')).toEqual({});
  });
});

async function tagsOf(Key: string): Promise<Record<string, string>> {
  const { TagSet = [] } = await aws.clients.s3.send(new GetObjectTaggingCommand({ Bucket: 'uploads', Key }));
  return Object.fromEntries(TagSet.map((tag) => [tag.Key, tag.Value]));
}

describe('a held original', () => {
  test.each(['a/../b.jpg', 'a//b.jpg', '?x=1#y.jpg', '%2F.jpg', '日本.jpg', ' .jpg'])('is found under any key: %s', async (key) => {
    hold(key, 'cat');

    expect(await textOf(key)).toBe('cat');
  });

  test('is replaced by an upload with its key', async () => {
    hold('a.jpg', 'cat');
    await aws.clients.s3.send(new PutObjectCommand({ Bucket: 'uploads', Key: 'a.jpg', Body: 'dog' }));

    expect(await textOf('a.jpg')).toBe('dog');
  });

  test('is deleted by a DELETE request', async () => {
    hold('b.jpg', 'cat');
    await aws.clients.s3.send(new DeleteObjectCommand({ Bucket: 'uploads', Key: 'b.jpg' }));

    await expect(textOf('b.jpg')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('is not accessible to pages in a browser', async () => {
    hold('c.jpg', 'cat');
    const answer = await fetch(`${aws.endpoints.s3}/uploads/c.jpg`, { headers: { origin: 'http://evil.example' } });

    expect(answer.status).toBe(403);
  });
});

test('an object of the embedded S3 can be read and removed without a socket, with any key', async () => {
  for (const key of ['x/../y.jpg', 'ä b+c%2F.jpg']) {
    await aws.clients.s3.send(new PutObjectCommand({ Bucket: 'uploads', Key: key, Body: 'cat' }));

    expect((await aws.objects.read('uploads', key)).toString()).toBe('cat');
    await aws.objects.remove('uploads', key);
    await expect(aws.objects.read('uploads', key)).rejects.toThrow('404');
  }
});

test('an object in the embedded S3 has the headers and tags that it was uploaded with', async () => {
  const { s3 } = aws.clients;
  const [Bucket, Key] = ['uploads', 'e.jpg'];
  const headers = { CacheControl: 'max-age=60', ContentDisposition: 'inline', StorageClass: 'STANDARD_IA' } as const;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'cat', Tagging: 'team=K%C3%A4se+%26+Wein', ...headers }));

  expect(await s3.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject(headers);
  expect(await s3.send(new GetObjectCommand({ Bucket, Key }))).toMatchObject(headers);
  expect(await tagsOf(Key)).toEqual({ team: 'Käse & Wein' });

  await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'dog' }));
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key }))).not.toHaveProperty('CacheControl');
  expect(await tagsOf(Key)).toEqual({});
});
