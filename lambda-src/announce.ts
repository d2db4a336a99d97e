import type { Dependencies, Invocation } from './dependencies.ts';
import { imageNotification, reportNotification } from './notification.ts';
import type { Effect, Sending } from './ports.ts';

/** A committed effect with a message still to be sent. */
export interface Unannounced {
  readonly effect: Effect;
  /** The run that committed it; absent in records of version 0.1. */
  readonly commit: string | undefined;
}

/** Time for which a run reserves a message, in milliseconds; longer than the notifier's timeout. */
const SENDING_MILLISECONDS = 30_000;

/**
 * Sends a message for each effect, or one report about all of them: reserve, publish, mark as sent. Only one of several runs gets the
 * reservation, so a message is repeated only if a run dies or a response is lost between publishing and marking. Marking first would lose
 * the message instead.
 */
export async function announce(
  unannounced: readonly Unannounced[],
  { ledger, notifier, preset, messageForm }: Dependencies,
  { run, now }: Invocation,
): Promise<void> {
  const finish = (sendings: readonly Sending[], sent: boolean) =>
    Promise.all(sendings.map((sending) => ledger.finishSending(sending, sent)));
  const reserved = await Promise.allSettled(
    unannounced.map(async ({ effect, commit }) => {
      const { bucket, key } = effect;
      const sending = { bucket, key, commit, run, now: now(), expiresAt: now() + SENDING_MILLISECONDS };
      return (await ledger.startSending(sending)) ? [{ effect, sending }] : [];
    }),
  );
  const ours = reserved.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const sendings = ours.map(({ sending }) => sending);
  try {
    const fault = reserved.find((result) => result.status === 'rejected');
    if (fault !== undefined) throw fault.reason;
    if (ours.length === 0) return;
    const effects = ours.map(({ effect }) => effect);
    const messages =
      messageForm === 'report' ? [reportNotification(effects, preset)] : effects.map((effect) => imageNotification(effect, preset));
    for (const message of messages) await notifier.publish(message);
  } catch (error) {
    await finish(sendings, false).catch(() => undefined); // The reservation expires by itself.
    throw error;
  }
  await finish(sendings, true);
}
