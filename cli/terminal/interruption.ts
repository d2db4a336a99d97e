import { EXIT } from '../pipeline/operator-error.ts';

/** Longer than npm takes to pass on the signal that the terminal has already sent to everyone. */
const SAME_KEYSTROKE_MILLISECONDS = 1_000;

/** The signals by which a user ends a command. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work with a signal that is aborted by Ctrl-C or SIGTERM, so that it can finish what is under way. A second Ctrl-C ends the
 * process at once.
 */
export async function interruptibly<Result>(work: (interruption: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  let first: number | undefined;
  const onSignal = (): void => {
    first ??= Date.now();
    if (Date.now() - first > SAME_KEYSTROKE_MILLISECONDS) process.exit(EXIT.interrupted);
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
