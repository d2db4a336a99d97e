import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline as pump } from 'node:stream/promises';
import { isPresetName } from '../../config/presets.ts';
import { MAX_KEY_BYTES } from '../../lambda-src/contract/rendition-key.ts';
import { MAX_REQUEST_BYTES } from '../aws/s3-endpoint.ts';
import { Gate } from '../gate.ts';
import { storeSamplePhotos } from '../samples/sample-photos.ts';
import { type Delivery, DISPLAYED_FORMATS } from './delivery.ts';
import { FAULTS, injectFault } from './fault-injection.ts';
import type { LivePipeline } from './live-pipeline.ts';
import type { Studio } from './studio.ts';

/** Bytes of unfinished uploads through the page. Further uploads wait in the browser, not in memory. */
const MAX_BYTES_IN_FLIGHT = 64_000_000;

/** Keeps proxies and browsers from closing a quiet stream. */
const HEARTBEAT_MILLISECONDS = 15_000;

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly pipeline: LivePipeline;
  /** The delivery that the path or the query names. */
  readonly delivery: Delivery | undefined;
  /** The rest of the path: what to show of the delivery, or which fault to inject. */
  readonly what: string;
}

/** The page's API. */
export class StudioApi {
  readonly #studio: Studio;
  readonly #gate = new Gate(MAX_BYTES_IN_FLIGHT);
  /** The two named routes work without a pipeline, while the preset is being switched. */
  readonly #routes = new Map<string, ((call: Call) => Promise<void>) | 'events' | 'preset'>([
    ['GET events', 'events'],
    ['POST api/preset', 'preset'],
    ['GET api/deliveries', (call) => this.#show(call)],
    ['POST api/uploads', (call) => this.#upload(call)],
    ['POST api/faults', (call) => this.#injectFault(call)],
    ['POST api/samples', (call) => this.#sendSamples(call)],
  ]);
  #samples: Promise<unknown> | undefined;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  /** Answers a request; false if there is nothing under its path. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://studio');
    const [, first, group, ...rest] = pathname.split('/');
    const route = this.#routes.get(`${request.method} ${group === undefined ? first : `${first}/${group}`}`);
    if (route === undefined) return false;
    const { pipeline } = this.#studio;
    if (route === 'events') streamEvents(this.#studio, response);
    else if (route === 'preset') await this.#switchPreset(response, query.get('name') ?? '');
    else if (pipeline === undefined) refuse(response, 503, 'The preset is being switched. Try again in a moment.');
    else {
      const id = group === 'deliveries' ? rest.shift() : query.get('delivery');
      await route({ request, response, query, pipeline, delivery: pipeline.list.get(Number(id))?.delivery, what: rest.join('/') });
    }
    return true;
  }

  async #show({ response, delivery, what, pipeline }: Call): Promise<void> {
    if (delivery === undefined) return refuse(response, 404, 'The studio no longer remembers this photo.');
    if (what === 'record') return sendJson(response, 200, (await pipeline.localPipeline.record(delivery.key)) ?? {});
    if (what === 'original') return showOriginal(response, delivery, pipeline);
    const output = /^renditions\/\d+$/.test(what) ? delivery.outputs[Number(what.slice('renditions/'.length))] : undefined;
    const file = output && pipeline.results.fileOf(output.key);
    if (output === undefined || file === undefined) return refuse(response, 404, 'There is no such rendition.');
    response.writeHead(200, { 'content-type': `image/${output.format}`, 'cache-control': 'no-store' });
    await pump(createReadStream(file), response);
  }

  async #upload({ request, response, query, pipeline }: Call): Promise<void> {
    const key = pipeline.settings.trigger.prefix + (query.get('key') ?? '');
    const bytes = Number(request.headers['content-length'] ?? Number.NaN);
    if (!query.get('key') || Buffer.byteLength(key) > MAX_KEY_BYTES) {
      return refuse(response, 400, `A key must have 1 to ${MAX_KEY_BYTES} bytes.`);
    }
    if (!Number.isSafeInteger(bytes)) return refuse(response, 411, 'The request needs a Content-Length.');
    if (bytes > MAX_REQUEST_BYTES) return refuse(response, 413, 'The page uploads files of up to 64 MB. Use an S3 client for larger ones.');
    await this.#gate.pass(bytes, async () => {
      const { 'content-type': type = '' } = request.headers;
      const contentType = type.startsWith('image/') ? type : 'application/octet-stream';
      const delivery = await pipeline.upload({ key, body: bytes === 0 ? Buffer.alloc(0) : request, bytes, contentType });
      sendJson(response, 201, { id: delivery.id });
      await pipeline.finished(delivery);
    });
  }

  async #injectFault({ response, delivery, what, pipeline }: Call): Promise<void> {
    const fault = FAULTS.find((each) => each === what);
    if (fault === undefined) return refuse(response, 404, `There is no such fault. Use one of ${FAULTS.join(', ')}.`);
    await injectFault(fault, pipeline, delivery);
    sendJson(response, 200, {});
  }

  async #sendSamples({ response, pipeline }: Call): Promise<void> {
    this.#samples ??= sendSamples(pipeline)
      .catch((error) => {
        // Switching the preset closes this pipeline; the remaining photos are not sent.
        if (pipeline === this.#studio.pipeline) throw error;
      })
      .finally(() => {
        this.#samples = undefined;
      });
    await this.#samples;
    sendJson(response, 200, {});
  }

  async #switchPreset(response: ServerResponse, name: string): Promise<void> {
    if (!isPresetName(name)) return refuse(response, 400, 'There is no such preset.');
    await this.#studio.switchTo(name);
    sendJson(response, 200, {});
  }
}

/** Uploads the sample photos, each as soon as it is painted. */
async function sendSamples(pipeline: LivePipeline): Promise<void> {
  await storeSamplePhotos(async (name, body) => {
    const contentType = name.endsWith('.png') ? 'image/png' : 'image/jpeg';
    await pipeline.upload({ key: pipeline.settings.trigger.prefix + name, body, bytes: body.length, contentType });
  });
}

async function showOriginal(response: ServerResponse, delivery: Delivery, { uploads }: LivePipeline): Promise<void> {
  const original = delivery.kept ? await uploads.read(delivery.key) : undefined;
  if (original === undefined) return refuse(response, 404, 'The original was removed from memory.');
  const { format = '' } = delivery.image ?? {};
  // The type is what the pipeline found in the bytes, never what the sender claims: an uploaded HTML page must not be shown as one.
  response.setHeader('content-type', DISPLAYED_FORMATS.includes(format) ? `image/${format}` : 'application/octet-stream');
  response.writeHead(200, { 'cache-control': 'no-store' });
  await pump(original, response);
}

/** Sends a snapshot and then every change, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
function streamEvents(studio: Studio, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const unsubscribe = studio.subscribe((name, data) => response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
  const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MILLISECONDS);
  response.once('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
}

/** Answers with an error message for the user. The rest of the request is not read. */
export function refuse(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ error }));
}
