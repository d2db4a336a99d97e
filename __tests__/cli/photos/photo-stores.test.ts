import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PhotoStores } from '../../../cli/photos/photo-stores.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { handlerSettings } from '../../../config/handler-settings.ts';
import { imageId } from '../../../lambda-src/adapters/ledger-item.ts';
import { closeServer, listenOnLoopback } from '../../../local/aws/loopback.ts';

/** Answers of AWS that the emulators do not give. */
let answer: (body: string, request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let stores: PhotoStores;

beforeAll(async () => {
  server = createServer(async (request, response) => answer(Buffer.concat(await request.toArray()).toString(), request, response));
  const url = await listenOnLoopback(server);
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_S3: url,
    AWS_ENDPOINT_URL_DYNAMODB: url,
  });
  const resources = { uploadBucket: 'uploads', outputBucket: 'renditions', tableName: 'ledger', topicArn: 'arn' };
  stores = new PhotoStores(handlerSettings(deploymentOf('photo-sharing', 'dev', 'x86_64'), resources));
});

afterAll(() => closeServer(server));

interface BatchGet {
  readonly RequestItems: { readonly ledger: { readonly Keys: readonly { readonly ImageId: { readonly S: string } }[] } };
}

/** DynamoDB that answers at most `limit` keys of a request and returns the rest as unprocessed. */
function answersAtMost(limit: number, requests: number[]): typeof answer {
  return (body, _request, response) => {
    const { Keys } = (JSON.parse(body) as BatchGet).RequestItems.ledger;
    requests.push(Keys.length);
    const unprocessed = Keys.slice(limit);
    response.end(
      JSON.stringify({
        Responses: { ledger: Keys.slice(0, limit) },
        UnprocessedKeys: unprocessed.length > 0 ? { ledger: { Keys: unprocessed } } : {},
      }),
    );
  };
}

test('records are read a hundred at a time, and none is lost', async () => {
  const requests: number[] = [];
  answer = answersAtMost(100, requests);
  const keys = Array.from({ length: 250 }, (_, number) => `${number}.jpg`);

  const items = await stores.items(keys);

  expect(requests.sort()).toEqual([100, 100, 50]);
  expect([...items.keys()].sort()).toEqual(keys.sort());
  expect(items.get('7.jpg')?.ImageId?.S).toBe(imageId('uploads', '7.jpg'));
});

test('keys that DynamoDB leaves unprocessed are requested again', async () => {
  const requests: number[] = [];
  answer = answersAtMost(2, requests);

  const items = await stores.items(['a.jpg', 'b.jpg', 'c.jpg']);

  expect(requests).toEqual([3, 1]);
  expect([...items.keys()].sort()).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
});

test('keys that S3 encodes, because XML cannot contain control characters, are decoded', async () => {
  answer = (_body, request, response) => {
    expect(request.url).toContain('encoding-type=url');
    response.end(
      `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>my+photo%01%2B.jpg</Key><ETag>"e1"</ETag><Size>3</Size><LastModified>2026-03-04T12:00:00Z</LastModified></Contents></ListBucketResult>`,
    );
  };

  const { value } = await stores.uploads({}).next();

  expect(value).toEqual({
    uploads: [{ key: 'my photo\u0001+.jpg', etag: 'e1', size: 3, lastModified: new Date('2026-03-04T12:00:00Z') }],
    ignored: 0,
    excludedExtensions: [],
    lastKey: 'my photo\u0001+.jpg',
  });
});
