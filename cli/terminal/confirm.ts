import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../pipeline/command-line.ts';

/**
 * Asks a question and returns whether the answer is `y` or `yes`. Anything else means no, and so do the signal and Ctrl-C, which the
 * process receives as well.
 * @throws {OperatorError} without a terminal to ask on
 */
export async function confirm(question: string, signal?: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new OperatorError('There is no terminal to ask for confirmation on. Nothing was changed; add --yes to go ahead.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // The terminal is in raw mode, where Ctrl-C is a key, not a signal.
  const interruption = new AbortController();
  terminal.once('SIGINT', () => {
    process.emit('SIGINT');
    interruption.abort();
  });
  const signals = [interruption.signal, ...(signal ? [signal] : [])];
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: AbortSignal.any(signals) }).catch(() => '');
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
