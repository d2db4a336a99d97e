import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ImageFailure } from '../../../lambda-src/contract/outcome.ts';
import { withinDeadline } from '../../../lambda-src/image/deadline.ts';

const FOREVER = new Promise<never>(() => undefined);

describe('work within its deadline', () => {
  test('returns its result', async () => {
    await expect(withinDeadline(1000, async () => 'done')).resolves.toBe('done');
  });

  test('throws its own failure', async () => {
    const failure = new ImageFailure('Corrupt', 'broken');
    await expect(withinDeadline(1000, () => Promise.reject(failure))).rejects.toBe(failure);
  });

  test('may take longer than a timer can wait', async () => {
    await expect(withinDeadline(2 ** 40, () => sleep(20, 'done'))).resolves.toBe('done');
  });

  test('sees the whole seconds left, at least 1', async () => {
    await expect(withinDeadline(2500, async (deadline) => deadline.secondsLeft())).resolves.toBe(3);
    await expect(withinDeadline(200, async (deadline) => deadline.secondsLeft())).resolves.toBe(1);
  });
});

describe('the signal of a deadline', () => {
  test('is aborted at the deadline, with the failure as its reason', async () => {
    let signal: AbortSignal | undefined;
    const work = withinDeadline(20, (deadline) => {
      signal = deadline.signal;
      return FOREVER;
    });
    await expect(work).rejects.toMatchObject({ code: 'DeadlineExceeded' });
    expect(signal?.reason).toMatchObject({ code: 'DeadlineExceeded' });
  });

  test('is not aborted when the work is done in time', async () => {
    const signal = await withinDeadline(20, async (deadline) => deadline.signal);
    await sleep(40);
    expect(signal.aborted).toBe(false);
  });
});

describe('work beyond its deadline', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => {
    unhandled.push(reason);
  };
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
  });
  afterEach(() => {
    process.off('unhandledRejection', note);
  });

  test('is abandoned even if it never ends', async () => {
    await expect(withinDeadline(20, () => FOREVER)).rejects.toMatchObject({
      code: 'DeadlineExceeded',
      message: 'not finished after 20 ms',
    });
  });

  test('starts nothing more', async () => {
    const steps: string[] = [];
    const work = withinDeadline(20, async (deadline) => {
      steps.push('decode');
      await sleep(40);
      deadline.check();
      steps.push('encode');
    });
    await expect(work).rejects.toMatchObject({ code: 'DeadlineExceeded' });
    await sleep(60);
    expect(steps).toEqual(['decode']);
  });

  test('may fail later without crashing the process', async () => {
    const work = withinDeadline(10, async () => {
      await sleep(20);
      throw new Error('the decoder came back');
    });
    await expect(work).rejects.toMatchObject({ code: 'DeadlineExceeded' });
    await sleep(40);
    expect(unhandled).toEqual([]);
  });

  test('does not start if no time is left', async () => {
    let begun = false;
    const work = withinDeadline(-5, async () => {
      begun = true;
    });
    await expect(work).rejects.toMatchObject({ code: 'DeadlineExceeded' });
    expect(begun).toBe(false);
  });
});
