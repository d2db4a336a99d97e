import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline as pump } from 'node:stream/promises';
import { isPresetName } from '../../config/presets.ts';
import { ByteGate } from '../aws/byte-gate.ts';
import { MAX_REQUEST_BYTES } from '../aws/s3-endpoint.ts';
import { refuse, sendJson } from './answers.ts';
import type { Delivery } from './delivery.ts';
import type { LivePipeline } from './live-pipeline.ts';
import { MISCHIEF, makeMischief } from './mischief.ts';
import { sendSamples } from './send-samples.ts';
import type { Studio } from './studio.ts';

/** Bytes of uploads through the page that are not dealt with yet; the next waits in the browser, not in memory. */
const MAX_BYTES_UNDER_WAY = 64_000_000;

/** Longest key, in bytes of UTF-8, as in S3. */
const MAX_KEY_BYTES = 1024;

/** Pictures that browsers show. Others, or what only claims to be a picture, are offered as a file. */
const SHOWN = ['jpeg', 'png', 'webp', 'avif', 'gif'];

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly pipeline: LivePipeline;
  /** The delivery that the path names. */
  readonly delivery: Delivery | undefined;
  /** What of it, or what to do. */
  readonly what: string;
}

/** What the page asks for and does. */
export class StudioApi {
  readonly #studio: Studio;
  readonly #gate = new ByteGate(MAX_BYTES_UNDER_WAY);
  #samples: Promise<unknown> | undefined;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  /** False when there is nothing under this path. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://studio');
    const [, api, group, ...rest] = pathname.split('/');
    const route = this.#routeOf(`${request.method} ${api}/${group}`);
    if (route === undefined) return false;
    const { pipeline } = this.#studio;
    if (route === 'preset') {
      await this.#switchPreset(response, query.get('name') ?? '');
      return true;
    }
    if (pipeline === undefined) {
      refuse(response, 503, 'The preset is being changed; try again in a moment.');
      return true;
    }
    const id = group === 'deliveries' ? rest.shift() : (query.get('delivery') ?? '');
    await route({ request, response, query, pipeline, delivery: pipeline.list.get(Number(id))?.delivery, what: rest.join('/') });
    return true;
  }

  /** What answers a request; the switch of presets works without a pipeline. */
  #routeOf(line: string): ((call: Call) => Promise<void>) | 'preset' | undefined {
    switch (line) {
      case 'GET api/deliveries':
        return (call) => this.#show(call);
      case 'POST api/uploads':
        return (call) => this.#upload(call);
      case 'POST api/mischief':
        return (call) => this.#makeMischief(call);
      case 'POST api/samples':
        return (call) => this.#sendSamples(call);
      case 'POST api/preset':
        return 'preset';
      default:
        return undefined;
    }
  }

  async #show({ response, delivery, what, pipeline }: Call): Promise<void> {
    if (delivery === undefined) return refuse(response, 404, 'This photo is not remembered any more.');
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
      return refuse(response, 400, `A key has 1 to ${MAX_KEY_BYTES} bytes.`);
    }
    if (!Number.isSafeInteger(bytes)) return refuse(response, 411, 'The size must be known before the upload.');
    if (bytes > MAX_REQUEST_BYTES) return refuse(response, 413, 'The page sends files of up to 64 MB; use an S3 client for larger ones.');
    await this.#gate.pass(bytes, async () => {
      const { 'content-type': type = '' } = request.headers;
      const contentType = type.startsWith('image/') ? type : 'application/octet-stream';
      const delivery = await pipeline.upload({ key, body: bytes === 0 ? Buffer.alloc(0) : request, bytes, contentType });
      sendJson(response, 201, { id: delivery.id });
      await pipeline.finished(delivery);
    });
  }

  async #makeMischief({ response, delivery, what, pipeline }: Call): Promise<void> {
    const mischief = MISCHIEF.find((each) => each === what);
    if (mischief === undefined) return refuse(response, 404, `There is ${MISCHIEF.join(', ')}.`);
    await makeMischief(mischief, pipeline, delivery);
    sendJson(response, 200, {});
  }

  async #sendSamples({ response, pipeline }: Call): Promise<void> {
    this.#samples ??= sendSamples(pipeline).finally(() => {
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

async function showOriginal(response: ServerResponse, delivery: Delivery, { uploads }: LivePipeline): Promise<void> {
  const original = delivery.kept ? await uploads.read(delivery.key) : undefined;
  if (original === undefined) return refuse(response, 404, 'The original was freed from memory.');
  const { format = '' } = delivery.image ?? {};
  // By what the pipeline found in the bytes, never by what the sender claims: a page among the uploads must not become one here.
  response.setHeader('content-type', SHOWN.includes(format) ? `image/${format}` : 'application/octet-stream');
  response.writeHead(200, { 'cache-control': 'no-store' });
  await pump(original, response);
}
