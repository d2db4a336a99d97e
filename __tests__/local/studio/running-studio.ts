import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll } from '@jest/globals';
import { OutputFolder } from '../../../local/run/output-folder.ts';
import type { Delivery } from '../../../local/studio/delivery.ts';
import { StateFolder } from '../../../local/studio/state-folder.ts';
import { Studio } from '../../../local/studio/studio.ts';
import { serveStudio } from '../../../local/studio/studio-server.ts';
import { until } from '../../until.ts';

/** A response of the studio's server. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A studio with its server, as a test uses it. */
export interface RunningStudio {
  readonly studio: Studio;
  readonly s3: S3Client;
  readonly url: string;
  /** Where renditions are written. */
  readonly folder: string;
  /** Sends a request whose headers, Host included, and path are exactly the given ones. */
  send(method: string, path: string, options?: { headers?: OutgoingHttpHeaders; body?: Buffer }): Promise<Answer>;
  /** Waits for the first matching delivery that has an outcome. */
  outcome(fits: (delivery: Delivery) => boolean): Promise<Delivery>;
  close(): Promise<void>;
}

const started = new Set<RunningStudio>();

// Registered here, so that no test file can forget it: a studio ends with its file, even if its test fails.
afterAll(async () => {
  for (const running of started) await running.close();
});

/**
 * Starts a studio on free ports.
 * @param stateFolder folder from which the studio resumes; default: nothing is saved
 * @param bundle path of another function's bundle; default: lambda-src's
 * @param heic whether HEIC photos are decoded
 */
export async function startStudio(stateFolder?: string, bundle?: string, heic = false): Promise<RunningStudio> {
  const folder = await mkdtemp(join(tmpdir(), 'studio-'));
  const output = await OutputFolder.open(folder);
  const state = stateFolder === undefined ? undefined : await StateFolder.open(stateFolder);
  const studio = await Studio.start({ preset: 'photo-sharing', heic, s3Port: 0, output, state, bundle });
  const server = await serveStudio(studio, 0);
  const s3 = new S3Client({
    endpoint: studio.pipeline?.localPipeline.endpoints.s3 ?? '',
    region: 'us-west-2',
    forcePathStyle: true,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  const running: RunningStudio = {
    studio,
    s3,
    url: server.url,
    folder,
    send: (method, path, options = {}) => send(server.url, method, path, options),
    outcome: (fits) => outcomeOf(studio, fits),
    close: async () => {
      if (!started.delete(running)) return;
      s3.destroy();
      await server.close();
      await studio.close();
      await state?.close();
      await output.close();
      await rm(folder, { recursive: true });
    },
  };
  started.add(running);
  return running;
}

/** Uses node:http, because fetch would normalize the path and set the Host header itself. */
export function send(
  url: string,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: OutgoingHttpHeaders; body?: Buffer } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers }, async (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: await text(response) });
    });
    request.once('error', reject);
    request.end(body);
  });
}

function outcomeOf(studio: Studio, fits: (delivery: Delivery) => boolean): Promise<Delivery> {
  return until(() => studio.pipeline?.list.all.find((delivery) => delivery.milliseconds !== undefined && fits(delivery)));
}
