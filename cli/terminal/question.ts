import { createInterface } from 'node:readline/promises';

/** Asks on the terminal; everything but `y` or `yes`, and an interruption, is a no. */
export async function asked(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question, { signal }).catch(() => '')).trim());
  } finally {
    terminal.close();
  }
}
