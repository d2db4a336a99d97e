import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../pipeline/command-line.ts';

/**
 * Asks a question and returns whether the answer is `y` or `yes`. Anything else means no, and so do Ctrl-C and the signal.
 * @throws {OperatorError} without a terminal to ask on
 */
export async function confirm(question: string, signal?: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new OperatorError('There is no terminal to ask for confirmation on. Nothing was changed; add --yes to go ahead.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal }).catch(() => '');
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
