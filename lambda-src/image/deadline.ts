import { ImageFailure } from '../contract/outcome.ts';

/** The time by which work must be done. */
export interface Deadline {
  /** Remaining whole seconds, at least 1, which is the unit and minimum of libvips' own timeout. */
  secondsLeft(): number;
  /** @throws {ImageFailure} `DeadlineExceeded` after the deadline, so that abandoned work starts nothing more */
  check(): void;
  /** Aborted at the deadline, with the same failure as its reason, to stop what can be stopped. */
  readonly signal: AbortSignal;
}

/** Longest delay of `setTimeout`, in milliseconds; with a longer one it fires immediately. */
const MAX_TIMER_MILLISECONDS = 2 ** 31 - 1;

/**
 * Runs work with a deadline. A libvips decoder cannot be stopped, so after the deadline the work may continue in the background and its late
 * result or error is ignored.
 * @throws {ImageFailure} `DeadlineExceeded`
 */
export async function withinDeadline<Result>(milliseconds: number, work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
  const end = performance.now() + milliseconds;
  const exceeded = (): ImageFailure =>
    new ImageFailure('DeadlineExceeded', `not finished after ${Math.max(0, Math.round(milliseconds))} ms`);
  const controller = new AbortController();
  const deadline: Deadline = {
    signal: controller.signal,
    secondsLeft: () => Math.max(1, Math.ceil((end - performance.now()) / 1000)),
    check: () => {
      if (performance.now() >= end) throw exceeded();
    },
  };
  deadline.check();
  let timer: NodeJS.Timeout | undefined;
  const alarm = new Promise<never>((_, reject) => {
    const end = (): void => {
      controller.abort(exceeded());
      reject(controller.signal.reason);
    };
    timer = setTimeout(end, Math.min(milliseconds, MAX_TIMER_MILLISECONDS));
  });
  try {
    // Promise.race subscribes to both promises, so a late rejection of either counts as handled.
    return await Promise.race([work(deadline), alarm]);
  } finally {
    clearTimeout(timer);
  }
}
