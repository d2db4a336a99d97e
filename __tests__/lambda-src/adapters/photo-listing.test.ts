import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { imageId } from '../../../lambda-src/adapters/ledger-item.ts';
import { PhotoListing } from '../../../lambda-src/adapters/photo-listing.ts';
import { DynamoDbBookmark } from '../../../lambda-src/adapters/reconciliation-bookmark.ts';
import { type Answer, CLIENT, ScriptedServer } from './scripted-server.ts';

const SETTINGS = { uploadBucket: 'uploads', tableName: 'ledger', partitionKey: 'ImageId' };

let server: ScriptedServer;
let clients: { s3: S3Client; dynamodb: DynamoDBClient };
let listing: PhotoListing;

beforeAll(async () => {
  server = await ScriptedServer.start();
  const configuration = { ...CLIENT, endpoint: server.url };
  clients = { s3: new S3Client({ ...configuration, forcePathStyle: true }), dynamodb: new DynamoDBClient(configuration) };
  listing = new PhotoListing(clients, SETTINGS);
});

afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await server.close();
});

/** A page of a listing. */
function page(contents: string, { encoding = '<EncodingType>url</EncodingType>', next = '' } = {}): Answer {
  const token =
    next === ''
      ? '<IsTruncated>false</IsTruncated>'
      : `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`;
  return {
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0"?><ListBucketResult>${encoding}${token}${contents}</ListBucketResult>`,
  };
}

const object = (key: string) =>
  `<Contents><Key>${key}</Key><ETag>&quot;e1&quot;</ETag><Size>3</Size><LastModified>2026-03-04T05:06:07.000Z</LastModified></Contents>`;
const json = (body: object): Answer => ({ headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(body) });
const asked = () => server.asked.map(({ body }) => JSON.parse(body));

async function pagesOf(walk: Parameters<PhotoListing['objects']>[0]) {
  const pages = [];
  for await (const one of listing.objects(walk)) pages.push(one);
  return pages;
}

describe('a listing of a bucket', () => {
  test('has the objects page by page, with decoded keys, and leaves out empty pages', async () => {
    server.script(page(object('in/a+b%25%C3%BC.jpg'), { next: 't1' }), page('', { next: 't2' }), page(object('in/c.jpg')));
    const facts = { etag: 'e1', size: 3, lastModified: new Date('2026-03-04T05:06:07.000Z') };

    expect(await pagesOf({ bucket: 'uploads', prefix: 'in/' })).toEqual([
      [{ key: 'in/a b%ü.jpg', ...facts }],
      [{ key: 'in/c.jpg', ...facts }],
    ]);
    const queries = server.asked.map(({ path }) => new URL(path, server.url).searchParams);
    expect(queries.map((query) => query.get('continuation-token'))).toEqual([null, 't1', 't2']);
    expect(Object.fromEntries(queries[0] ?? [])).toEqual({ 'list-type': '2', prefix: 'in/', 'encoding-type': 'url', 'max-keys': '1000' });
  });

  test('begins after a key, and has pages of a size', async () => {
    server.script(page(object('b.jpg')), page(object('a.jpg')));

    await pagesOf({ bucket: 'uploads', prefix: '', startAfter: 'a.jpg', pageSize: 7 });
    await pagesOf({ bucket: 'uploads', prefix: '', startAfter: '' });

    const [first, second] = server.asked.map(({ path }) => new URL(path, server.url).searchParams);
    expect([first?.get('start-after'), first?.get('max-keys')]).toEqual(['a.jpg', '7']);
    expect(second?.has('start-after')).toBe(false);
  });

  test('takes keys as they are if the answer is not encoded', async () => {
    server.script(page(object('a+b%25.jpg'), { encoding: '' }));

    expect((await pagesOf({ bucket: 'uploads', prefix: '' })).flat().map(({ key }) => key)).toEqual(['a+b%25.jpg']);
  });
});

describe('the records of many keys', () => {
  const item = (key: string) => ({ ImageId: { S: imageId('uploads', key) }, Status: { S: 'processed' } });

  test('are read consistently, a hundred at a time', async () => {
    const keys = Array.from({ length: 101 }, (_, index) => `${index}.jpg`);
    server.script(json({ Responses: { ledger: [item('0.jpg')] } }), json({ Responses: { ledger: [item('100.jpg')] } }));

    expect(await listing.items(keys)).toEqual(
      new Map([
        ['0.jpg', item('0.jpg')],
        ['100.jpg', item('100.jpg')],
      ]),
    );
    const requests = asked().map(({ RequestItems }) => RequestItems.ledger);
    expect(requests.map(({ Keys }) => Keys.length).toSorted()).toEqual([1, 100]);
    expect(requests.flatMap(({ Keys }) => Keys)).toContainEqual({ ImageId: { S: imageId('uploads', '5.jpg') } });
    expect(requests.map(({ ConsistentRead }) => ConsistentRead)).toEqual([true, true]);
    expect(await listing.items([])).toEqual(new Map());
  });

  test('are asked for again if DynamoDB leaves some out', async () => {
    const left = { Keys: [{ ImageId: { S: imageId('uploads', 'b.jpg') } }], ConsistentRead: true };
    server.script(
      json({ Responses: { ledger: [item('a.jpg')] }, UnprocessedKeys: { ledger: left } }),
      json({ Responses: { ledger: [item('b.jpg')] }, UnprocessedKeys: {} }),
    );

    expect([...(await listing.items(['a.jpg', 'b.jpg'])).keys()]).toEqual(['a.jpg', 'b.jpg']);
    expect(asked()[1]).toMatchObject({ RequestItems: { ledger: left } });
  });
});

describe('the progress of a reconciliation', () => {
  const progress = { part: 'uploads', after: 'b.jpg', found: { missing: 1, stuck: 0, orphaned: 2 } };
  const bookmark = () => new DynamoDbBookmark(clients.dynamodb, SETTINGS);
  const stored = { ImageId: { S: 'reconciliation' }, ReconciliationProgress: { S: JSON.stringify(progress) } };

  test('is written to an item of its own and read consistently', async () => {
    server.script(json({}), json({ Item: stored }));

    await bookmark().write(progress);
    expect(await bookmark().read()).toEqual(progress);
    expect(asked()).toMatchObject([
      { TableName: 'ledger', Item: stored },
      { TableName: 'ledger', Key: { ImageId: { S: 'reconciliation' } }, ConsistentRead: true },
    ]);
  });

  test.each([{}, { Item: { ImageId: { S: 'reconciliation' } } }, { Item: { ...stored, ReconciliationProgress: { S: '{"part":1}' } } }])(
    'starts over after the answer %j',
    async (answer) => {
      server.script(json(answer));

      expect(await bookmark().read()).toBeUndefined();
    },
  );
});
