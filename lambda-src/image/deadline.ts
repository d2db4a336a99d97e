import { ImageFailure } from '../contract/outcome.ts';

/** When work must be over. */
export interface Deadline {
  /** Whole seconds left, at least 1: the unit of libvips' own timeout. */
  secondsLeft(): number;
  /** @throws {ImageFailure} `DeadlineExceeded` once it has passed, so that given-up work starts nothing more */
  check(): void;
}

/** The longest time that `setTimeout` can wait, in milliseconds; from there on it fires at once. */
const MAX_TIMER_MILLISECONDS = 2 ** 31 - 1;

/**
 * Gives work a time to finish in. A decoder in libvips cannot be stopped, so the caller is answered and the work left behind:
 * what still becomes of it, be it an error, concerns nobody.
 * @throws {ImageFailure} `DeadlineExceeded`
 */
export async function withinDeadline<Result>(milliseconds: number, work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
  const end = performance.now() + milliseconds;
  const exceeded = (): ImageFailure => new ImageFailure('DeadlineExceeded', `not done in ${Math.max(0, Math.round(milliseconds))} ms`);
  const deadline: Deadline = {
    secondsLeft: () => Math.max(1, Math.ceil((end - performance.now()) / 1000)),
    check: () => {
      if (performance.now() >= end) throw exceeded();
    },
  };
  deadline.check();
  let timer: NodeJS.Timeout | undefined;
  const alarm = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(exceeded()), Math.min(milliseconds, MAX_TIMER_MILLISECONDS));
  });
  try {
    // The race takes note of both promises: a late rejection of either is handled.
    return await Promise.race([work(deadline), alarm]);
  } finally {
    clearTimeout(timer);
  }
}
