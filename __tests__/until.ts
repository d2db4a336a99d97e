import { setTimeout as delay } from 'node:timers/promises';

/** Far longer than anything takes on a busy machine. */
const HANGS_MILLISECONDS = 100_000;

/**
 * Waits until there is an answer, or until a condition holds.
 * @throws {Error} if that takes so long that something must hang, so that the test fails and no loop goes on
 */
export async function until<Answer>(look: () => Answer | Promise<Answer>): Promise<Exclude<Answer, undefined | false>> {
  for (const started = performance.now(); performance.now() - started < HANGS_MILLISECONDS; ) {
    const answer = await look();
    if (answer !== undefined && answer !== false) return answer as Exclude<Answer, undefined | false>;
    await delay(10);
  }
  throw new Error(`Still not so after ${HANGS_MILLISECONDS / 1000} seconds: ${look}`);
}
