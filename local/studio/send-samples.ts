import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { LivePipeline } from './live-pipeline.ts';

const PAINTER = fileURLToPath(new URL('sample-painter.ts', import.meta.url));

const paintedSchema = z.object({ name: z.string(), bytes: z.instanceof(Buffer) });

/** Uploads the sample photos, each as soon as it is painted. */
export async function sendSamples(pipeline: LivePipeline): Promise<void> {
  const painter = fork(PAINTER, { execArgv: ['--import', import.meta.resolve('tsx')], serialization: 'advanced' });
  const uploads: Promise<unknown>[] = [];
  painter.on('message', (message) => {
    const { name, bytes } = paintedSchema.parse(message);
    const contentType = name.endsWith('.png') ? 'image/png' : 'image/jpeg';
    uploads.push(pipeline.upload({ key: pipeline.settings.trigger.prefix + name, body: bytes, bytes: bytes.length, contentType }));
  });
  await once(painter, 'exit');
  await Promise.allSettled(uploads);
}
