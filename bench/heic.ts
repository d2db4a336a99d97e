// Measures what decoding HEIC costs: time and memory of photos made with heif-enc, each in a new process. Run: npm run bench:heic
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { heicDecoder } from '../asset/heic-decoder.ts';
import { PROJECT_ROOT, writeWhole } from '../asset/packaged-file.ts';
import { ALLOCATOR } from '../lambda-src/contract/environment.ts';
import { packagedHeicDecoder } from '../lambda-src/image/heic.ts';
import { renderImage } from '../lambda-src/image/render.ts';
import { configureSharp } from '../lambda-src/image/sharp.ts';
import { photograph } from './photographs.ts';
import { residentMegabytes } from './renderer-process.ts';
import { median } from './statistics.ts';

const ROUNDS = 5;
const PHOTOS = ['12 MP', '24 MP'] as const;
const LIMITS = { maxBytes: 100_000_000, maxPixels: 50_000_000, maxAvifPixels: 16_000_000 };

const execute = promisify(execFile);
const [, script = '', decoderFolder, photo] = process.argv;
await (decoderFolder === undefined || photo === undefined ? measureAll() : measureOne(decoderFolder, photo));

async function measureAll(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-heic-'));
  try {
    for (const { path, content } of (await heicDecoder(PROJECT_ROOT)).files) await writeWhole(join(folder, path), content);
    for (const name of PHOTOS) {
      const jpeg = await photograph(name);
      const heic = join(folder, `${name}.heic`);
      await execute('heif-enc', ['--quality', '60', '-p', 'preset=ultrafast', '--output', heic, jpeg]);
      for (const path of [jpeg, heic]) await report(`${name}, ${path.slice(path.lastIndexOf('.') + 1)}`, folder, path);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function report(name: string, folder: string, path: string): Promise<void> {
  const runs: { milliseconds: number; peakMegabytes: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { stdout } = await execute(process.execPath, ['--import', 'tsx', script, folder, path], {
      env: { ...process.env, ...ALLOCATOR },
    });
    runs.push(JSON.parse(stdout));
  }
  const of = (field: 'milliseconds' | 'peakMegabytes'): number => Math.round(median(runs.map((run) => run[field])));
  console.log(`${name}: ${of('milliseconds')} ms of CPU, ${of('peakMegabytes')} MB at most (median of ${ROUNDS})`);
}

/** Renders one photo like a function with 1,769 MB, and prints the CPU time and the peak of resident memory. */
async function measureOne(folder: string, path: string): Promise<void> {
  configureSharp(1769);
  const decode = packagedHeicDecoder(pathToFileURL(`${folder}/`).href);
  const size = { name: 'web', prefix: '', width: 1024, height: 768, fit: 'inside', format: 'jpeg', quality: 90 } as const;
  const recipe = { renditions: [size], background: '#ffffff' };
  const bytes = await readFile(path);
  const started = process.cpuUsage();
  await renderImage(bytes, { recipe, limits: LIMITS, timeoutMilliseconds: 120_000, heic: { decode, maxPixels: LIMITS.maxPixels } });
  const { user, system } = process.cpuUsage(started);
  const peakMegabytes = await residentMegabytes(process.pid, 'VmHWM');
  console.log(JSON.stringify({ milliseconds: (user + system) / 1000, peakMegabytes }));
}
