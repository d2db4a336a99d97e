import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { renderImage } from '../../lambda-src/image/render.ts';
import { configureSharp } from '../../lambda-src/image/sharp.ts';
import type { Job } from '../renderer-process.ts';

const LIMITS = { maxBytes: 100_000_000, maxPixels: 50_000_000, maxAvifPixels: 16_000_000 };

/** Ours: the renderer as the function runs it, guard and placeholder included, in a long-running process. Jobs that arrive together run concurrently. */
async function render({ photo, renditions }: Job): Promise<void> {
  const wanted = renditions.map(({ width, height, format, output }) => ({
    ...{ name: output, prefix: '', width, height },
    ...{ fit: 'inside' as const, format, quality: 90 },
  }));
  const rendered = await renderImage(await readFile(photo), {
    recipe: { renditions: wanted, background: '#ffffff' },
    limits: LIMITS,
    timeoutMilliseconds: 60_000,
  });
  await Promise.all(rendered.renditions.map(({ rendition, body }) => writeFile(rendition.name, body)));
  console.log('done');
}

configureSharp(Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE));
createInterface({ input: process.stdin }).on('line', (line) => void render(JSON.parse(line)));
