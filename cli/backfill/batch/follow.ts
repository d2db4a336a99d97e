import { setTimeout as delay } from 'node:timers/promises';
import type { JobStatus } from '@aws-sdk/client-s3-control';
import { OperatorError } from '../../pipeline/command-line.ts';
import { barOn } from '../../terminal/progress.ts';
import { type BatchJob, hasEnded } from './jobs.ts';

/** Shows how far a job is. */
interface JobProgress {
  show(job: BatchJob): void;
  stop(): void;
}

const FIRST_WAIT_MILLISECONDS = 250;
const LONGEST_WAIT_MILLISECONDS = 5_000;

/**
 * Reads a job until it has ended or reached one of these statuses, or until the signal. Waits twice as long after every reading, up to 5 seconds,
 * because a small job takes seconds and a large one days.
 */
export async function follow<Job extends BatchJob>(
  read: () => Promise<Job>,
  { until = [], interruption, stream }: { until?: readonly JobStatus[]; interruption: AbortSignal; stream: NodeJS.WriteStream },
): Promise<Job> {
  const progress = stream.isTTY ? progressBar(stream) : progressLines(stream);
  try {
    for (let wait = FIRST_WAIT_MILLISECONDS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MILLISECONDS)) {
      const job = await patiently(read, interruption);
      progress.show(job);
      if (hasEnded(job) || until.includes(job.status) || interruption.aborted) return job;
      await delay(wait, undefined, { signal: interruption }).catch(() => {});
    }
  } finally {
    progress.stop();
  }
}

/** Readings that may fail in a row; a large job takes days, and the network may fail meanwhile. */
const MAX_FAILED_READINGS = 5;

async function patiently<Job>(read: () => Promise<Job>, signal: AbortSignal): Promise<Job> {
  for (let reading = 1; ; reading += 1) {
    try {
      return await read();
    } catch (error) {
      if (error instanceof OperatorError || reading === MAX_FAILED_READINGS || signal.aborted) throw error;
      await delay(LONGEST_WAIT_MILLISECONDS * reading, undefined, { signal }).catch(() => {});
    }
  }
}

function progressBar(stream: NodeJS.WriteStream): JobProgress {
  const bar = barOn(stream, '{bar} {value} of {total} photos · {failed} failed · {status}');
  bar.start(0, 0, { failed: 0, status: '' });
  return {
    show: ({ photos, succeeded, failed, status }) => {
      bar.setTotal(photos);
      bar.update(succeeded + failed, { failed, status });
    },
    stop: () => bar.stop(),
  };
}

/** Maximum lines for one status in a log. */
const LINES_PER_STATUS = 20;

function progressLines(stream: NodeJS.WriteStream): JobProgress {
  let last = '';
  return {
    show: ({ photos, succeeded, failed, status }) => {
      const done = succeeded + failed;
      const step = `${status} ${Math.floor((done * LINES_PER_STATUS) / Math.max(1, photos))}`;
      if (step === last) return;
      last = step;
      stream.write(`${status} · ${done} of ${photos} photos · ${failed} failed\n`);
    },
    stop: () => {},
  };
}
