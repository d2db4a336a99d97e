import type { Delivery } from './delivery.ts';
import { demoPhoto } from './demo-photo.ts';
import type { LivePipeline } from './live-pipeline.ts';

/** What the page can do to the pipeline, to watch the protocol hold. */
export const MISCHIEF = ['duplicate', 'late', 'corrupt', 'kill'] as const;
export type Mischief = (typeof MISCHIEF)[number];

/** Makes mischief with an upload, or with a photo of our own. */
export async function makeMischief(what: Mischief, pipeline: LivePipeline, upload: Delivery | undefined): Promise<void> {
  if (what === 'corrupt') await sendCorrupt(pipeline);
  else if (what === 'kill') await killAtWork(pipeline, upload);
  else await deliverAgain(what, pipeline, upload ?? latestProcessed(pipeline) ?? (await sendDemo(pipeline)));
}

async function deliverAgain(what: 'duplicate' | 'late', pipeline: LivePipeline, upload: Delivery): Promise<void> {
  await (what === 'duplicate' ? pipeline.repeat(upload.id) : pipeline.deliverLate(upload.id));
}

/** Uploads the photo again and kills the worker that takes it. */
async function killAtWork(pipeline: LivePipeline, upload: Delivery | undefined): Promise<void> {
  if (upload?.kept !== true) {
    pipeline.condemn(keyFor(pipeline, 'killed at work'));
    await sendDemo(pipeline, 'killed at work');
    return;
  }
  pipeline.condemn(upload.key);
  await pipeline.uploads.putAgain(upload.key);
}

async function sendCorrupt(pipeline: LivePipeline): Promise<void> {
  const photo = await demoPhoto();
  const body = photo.subarray(0, photo.length * 0.45);
  await pipeline.upload({ key: keyFor(pipeline, 'damaged'), body, bytes: body.length, contentType: 'image/jpeg' });
}

async function sendDemo(pipeline: LivePipeline, name = 'demo'): Promise<Delivery> {
  const body = await demoPhoto();
  const delivery = await pipeline.upload({ key: keyFor(pipeline, name), body, bytes: body.length, contentType: 'image/jpeg' });
  await pipeline.finished(delivery);
  return delivery;
}

function keyFor({ settings }: LivePipeline, name: string): string {
  return `${settings.trigger.prefix}studio/${name}.jpg`;
}

function latestProcessed(pipeline: LivePipeline): Delivery | undefined {
  return pipeline.list.all.findLast(({ kind, status }) => kind === 'upload' && status === 'processed');
}
