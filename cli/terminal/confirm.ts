import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../pipeline/command-line.ts';

/**
 * Asks a question and returns whether the answer is yes. Anything but `y` or `yes` means no.
 * @throws {OperatorError} without a terminal to ask on
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new OperatorError('There is no terminal to ask for confirmation on. Nothing was changed; add --yes to go ahead.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
