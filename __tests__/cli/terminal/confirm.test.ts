import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { confirm } from '../../../cli/terminal/confirm.ts';

const REAL = { stdin: process.stdin, stderr: process.stderr };

/** What the user types, and what the terminal shows. */
let typed: PassThrough;
let shown: PassThrough;

function replaceStreams(streams: object): void {
  for (const [name, value] of Object.entries(streams)) Object.defineProperty(process, name, { value, configurable: true });
}

beforeEach(() => {
  typed = Object.assign(new PassThrough(), { isTTY: true });
  shown = Object.assign(new PassThrough(), { isTTY: true });
  replaceStreams({ stdin: typed, stderr: shown });
});

afterEach(() => replaceStreams(REAL));

async function answered(keys: string, signal?: AbortSignal): Promise<boolean> {
  const answer = confirm('Go ahead?', signal);
  await once(shown, 'data');
  typed.write(keys);
  return answer;
}

describe('a question', () => {
  test.each([
    ['y\r', true],
    ['YES\r', true],
    ['\r', false],
    ['n\r', false],
    ['yesterday\r', false],
  ])('that is answered with %j: %s', async (keys, expected) => {
    expect(await answered(keys)).toBe(expected);
  });

  test('that is answered with Ctrl-C means no, and the process receives the signal', async () => {
    const interruption = new AbortController();
    process.once('SIGINT', () => interruption.abort());

    expect(await answered('\u0003', interruption.signal)).toBe(false);
    expect(interruption.signal.aborted).toBe(true);
  });

  test('that is answered with Ctrl-C means no, even if nothing waits for the signal', async () => {
    expect(await answered('\u0003')).toBe(false);
  });

  test('that a signal ends means no', async () => {
    const interruption = new AbortController();
    const answer = confirm('Go ahead?', interruption.signal);
    interruption.abort();

    expect(await answer).toBe(false);
  });

  test('is an error without a terminal', async () => {
    Object.assign(typed, { isTTY: false });

    await expect(confirm('Go ahead?')).rejects.toMatchObject({ code: 'OPERATOR_ERROR' });
  });
});
