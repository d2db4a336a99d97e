import sharp from 'sharp';
import { paintLandscape } from '../samples/landscape.ts';
import type { Delivery } from './delivery.ts';
import type { LivePipeline } from './live-pipeline.ts';

/** The faults that the page can inject, to show that the protocol withstands them. */
export const FAULTS = ['duplicate', 'late', 'corrupt', 'kill'] as const;
export type Fault = (typeof FAULTS)[number];

/** Injects a fault into the processing of an upload, or of a demo photo if none is given. */
export async function injectFault(fault: Fault, pipeline: LivePipeline, upload: Delivery | undefined): Promise<void> {
  if (fault === 'corrupt') await send(pipeline, 'damaged', 0.45);
  else if (fault === 'kill') await killWorker(pipeline, upload);
  else await pipeline.deliverAgain((upload ?? latestProcessed(pipeline) ?? (await sendDemo(pipeline))).id, fault);
}

/** Uploads the photo again and kills the worker that claims it. */
async function killWorker(pipeline: LivePipeline, upload: Delivery | undefined): Promise<void> {
  if (upload?.kept !== true) {
    pipeline.killOnClaim(keyFor(pipeline, 'killed at work'));
    await sendDemo(pipeline, 'killed at work');
    return;
  }
  pipeline.killOnClaim(upload.key);
  await pipeline.uploads.putAgain(upload.key);
}

/** Uploads a share of the demo photo's bytes. */
async function send(pipeline: LivePipeline, name: string, share = 1): Promise<Delivery> {
  const photo = await demoPhoto();
  const body = photo.subarray(0, photo.length * share);
  return pipeline.upload({ key: keyFor(pipeline, name), body, bytes: body.length, contentType: 'image/jpeg' });
}

async function sendDemo(pipeline: LivePipeline, name = 'demo'): Promise<Delivery> {
  const delivery = await send(pipeline, name);
  await pipeline.finished(delivery);
  return delivery;
}

function keyFor({ settings }: LivePipeline, name: string): string {
  return `${settings.trigger.prefix}studio/${name}.jpg`;
}

function latestProcessed(pipeline: LivePipeline): Delivery | undefined {
  return pipeline.list.all.findLast(({ kind, status }) => kind === 'upload' && status === 'processed');
}

let demo: Promise<Buffer> | undefined;

/** Returns a photo for faults that are injected before a photo has been uploaded; painted once. */
function demoPhoto(): Promise<Buffer> {
  demo ??= paintLandscape('evening', 2400, 1800).then(({ data, ...raw }) => sharp(data, { raw }).jpeg({ quality: 92 }).toBuffer());
  return demo;
}
