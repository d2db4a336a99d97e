import type { Server } from 'node:http';
import { z } from 'zod';
import type { HttpApp } from './s3-endpoint.ts';

/** A completed request to S3. */
export interface S3Request {
  readonly service: 's3';
  readonly method: string;
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  /** Names in the query string, which distinguish operations on the same key. */
  readonly query: readonly string[];
  readonly status: number;
  /** ETag of the object that a PUT wrote. */
  readonly eTag: string | undefined;
  /** Size of the uploaded object, if the headers state it. */
  readonly size: number | undefined;
}

/** A completed conditional write to DynamoDB. */
export interface DynamoDbRequest {
  readonly service: 'dynamodb';
  /** The values of the write, by placeholder. */
  readonly values: Readonly<Record<string, { readonly S?: string | undefined; readonly N?: string | undefined }>>;
  readonly status: number;
}

/** A completed request to the embedded AWS. */
export type AwsRequest = S3Request | DynamoDbRequest;

const objectPath = z.object({ bucket: z.string(), '*': z.string().min(1) });
const updateItem = z.object({
  ExpressionAttributeValues: z
    .record(z.string(), z.looseObject({ S: z.string().optional().catch(undefined), N: z.string().optional().catch(undefined) }))
    .default({}),
});

/** Reports requests for objects; must be called before the server listens. */
export function watchS3(app: HttpApp, onRequest: (request: S3Request) => void): void {
  app.addHook('onResponse', async (request, reply) => {
    const path = objectPath.safeParse(request.params);
    if (!path.success) return;
    const { headers, method, query } = request;
    const eTag = reply.getHeader('etag');
    onRequest({
      service: 's3',
      method,
      bucket: path.data.bucket,
      key: path.data['*'],
      query: Object.keys(Object(query)),
      status: reply.statusCode,
      eTag: typeof eTag === 'string' ? eTag : undefined,
      size: sizeOf(headers['x-amz-decoded-content-length'] ?? headers['content-length']),
    });
  });
}

/** Reports `UpdateItem` requests. */
export function watchDynamoDb(server: Server, onRequest: (request: DynamoDbRequest) => void): void {
  server.prependListener('request', (request, response) => {
    if (!String(request.headers['x-amz-target']).endsWith('.UpdateItem')) return;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('finish', () => {
      const body = updateItem.safeParse(jsonOf(Buffer.concat(chunks).toString()));
      if (body.success) onRequest({ service: 'dynamodb', values: body.data.ExpressionAttributeValues, status: response.statusCode });
    });
  });
}

function sizeOf(header: string | string[] | undefined): number | undefined {
  const size = Number(header);
  return header !== undefined && Number.isSafeInteger(size) ? size : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
