import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { z } from 'zod';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { residentMegabytes } from '../renderer-process.ts';
import { atMost, type Measurement } from '../row.ts';
import { LEFT_OUT, type Measure } from '../setting.ts';
import { type SimulatedDeployment, serveSimulatedBucket } from '../simulated-bucket.ts';
import { figuresOf } from '../statistics.ts';

const KEYS = 1_000_000;
const MISSING_EVERY = 1000;

/** How fast the commands compare a bucket with its records, and how much memory they need for it. */
export const commandScale: Measure = {
  title: 'commands at scale',
  async run({ quick, signal }) {
    const measured: Measurement[] = [];
    for (const command of ['audit', 'backfill'] as const) {
      const speed = { measure: `${command} of ${KEYS.toLocaleString('en')} keys, S3 and DynamoDB simulated`, unit: 'keys/s' } as const;
      const memory = { measure: `— the most resident memory of ${command}`, unit: 'MB', target: atMost(150) } as const;
      const reason = quick ? LEFT_OUT : existsSync('/proc/self/status') ? undefined : 'needs Linux’s /proc';
      if (reason !== undefined) {
        measured.push({ ...speed, notMeasured: reason }, { ...memory, notMeasured: reason });
        continue;
      }
      // Once, because it takes minutes.
      const { seconds, megabytes } = await measuredRun(command, signal);
      measured.push({ ...speed, figures: figuresOf([KEYS / seconds]) }, { ...memory, figures: figuresOf([megabytes]) });
    }
    return measured;
  },
};

async function measuredRun(command: string, signal: AbortSignal): Promise<{ seconds: number; megabytes: number }> {
  const deployment = await serveSimulatedBucket(KEYS, MISSING_EVERY);
  try {
    const started = performance.now();
    const running = startCommand(deployment, [command], { signal });
    const { megabytes, output } = await running.ended;
    if (!output.includes((KEYS / MISSING_EVERY).toLocaleString('en')))
      throw new Error(`${command} did not find what is missing:\n${output}`);
    return { seconds: (performance.now() - started) / 1000, megabytes };
  } finally {
    await deployment.close();
  }
}

interface EndedCommand {
  readonly exitCode: number | null;
  readonly output: string;
  /** The most resident memory, in MB. */
  readonly megabytes: number;
}

/** Starts a pipeline command with the Node options of `npm run pipeline`. */
export function startCommand(
  { functionName, environment }: SimulatedDeployment,
  words: readonly string[],
  { signal }: { readonly signal?: AbortSignal } = {},
): { kill(signal: NodeJS.Signals): void; ended: Promise<EndedCommand> } {
  const [, ...options] = pipelineScript().split(' ');
  const child = spawn(process.execPath, [...options, ...words, '--function', functionName], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const sampling = new AbortController();
  const peak = peakOf(child.pid ?? 0, sampling.signal);
  const ended = once(child, 'close').then(async ([exitCode]): Promise<EndedCommand> => {
    sampling.abort();
    return { exitCode, output, megabytes: await peak };
  });
  return { kill: (name) => void child.kill(name), ended };
}

/** `node OPTIONS cli/pipeline.ts` */
function pipelineScript(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));
  return z.object({ scripts: z.object({ pipeline: z.string() }) }).parse(manifest).scripts.pipeline;
}

const SAMPLE_MILLISECONDS = 50;

/** Follows the high-water mark of a process's resident memory, in MB, until it ends. */
async function peakOf(pid: number, signal: AbortSignal): Promise<number> {
  let peak = 0;
  try {
    for await (const _ of setInterval(SAMPLE_MILLISECONDS, undefined, { signal })) {
      const megabytes = await residentMegabytes(pid, 'VmHWM');
      if (megabytes > peak) peak = megabytes;
    }
  } catch {
    // It has ended.
  }
  return peak;
}
