import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { isLoopbackHost } from './loopback.ts';

/** The parts of the embedded server that are used. Its own types come from a package that we do not depend on. */
export interface HttpApp {
  addHook(name: 'onRequest' | 'preHandler' | 'onResponse', hook: (request: HttpRequest, reply: HttpReply) => Promise<void>): unknown;
  /**
   * The hook passes the payload to `done` at once. If it returned a promise, a handler that does not wait for its response would end before the
   * response is sent, and the embedded server would take that for an error 500.
   */
  addHook(name: 'onSend', hook: (request: HttpRequest, reply: HttpReply, payload: unknown, done: PayloadDone) => void): unknown;
  removeContentTypeParser(type: string): unknown;
  addContentTypeParser(
    type: string,
    options: { readonly parseAs: 'buffer'; readonly bodyLimit: number },
    parse: (request: unknown, body: unknown) => Promise<unknown>,
  ): unknown;
}

type PayloadDone = (error: null, payload: unknown) => void;

export interface HttpRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly params: unknown;
  readonly query: unknown;
  body?: unknown;
}

export interface HttpReply {
  readonly statusCode: number;
  readonly raw: ServerResponse;
  getHeader(name: string): unknown;
  header(name: string, value: string): unknown;
  removeHeader(name: string): unknown;
  code(status: number): {
    send(text: string): PromiseLike<unknown>;
    type(contentType: string): { send(text: string): PromiseLike<unknown> };
  };
  /** Leaves the response to `raw`. */
  hijack(): unknown;
}

/** Largest body of one request, in bytes. Bodies are held in memory; the embedded S3's own limit is 11 MB. */
export const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/** Rejects requests from pages in a browser: S3 clients send no origin and use a loopback host name. */
export function refuseForeignPages(app: HttpApp): void {
  app.addHook('onRequest', async ({ headers }, reply) => {
    const fromPage = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
    if (fromPage || !isLoopbackHost(headers.host)) await reply.code(403).send('This endpoint is for S3 clients on this machine.');
  });
}

const NO_FORM_POST = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>NotImplemented</Code><Message>This local S3 endpoint takes no form POST with a policy. \
Use PutObject, a presigned PUT URL or "aws s3 cp".</Message></Error>`;

/**
 * Rejects form POSTs, which the embedded S3 would accept with 200 and then drop
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html). Only pages use them, and pages have no access here.
 */
export function refuseFormPosts(app: HttpApp): void {
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    const isForm = method === 'POST' && headers['content-type']?.startsWith('multipart/form-data');
    if (isForm) await reply.code(501).type('application/xml').send(NO_FORM_POST);
  });
}

/** Allows large objects to be uploaded in one request, as with presigned URLs. */
export function takeLargeBodies(app: HttpApp): void {
  app.removeContentTypeParser('*');
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_REQUEST_BYTES }, async (_request, body) => body);
  // Without a body there is nothing to parse, and the embedded S3 fails on an empty object.
  app.addHook('preHandler', async (request) => {
    if (request.method === 'PUT') request.body ??= Buffer.alloc(0);
  });
}
