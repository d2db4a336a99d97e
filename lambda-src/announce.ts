import { imageNotification, reportNotification } from './notification.ts';
import type { Claim, Effect, Ledger, Notifier } from './ports.ts';

/** A committed effect that is still to be announced. */
export interface Pending {
  readonly claim: Claim;
  readonly effect: Effect;
}

interface Voice {
  readonly ledger: Ledger;
  readonly notifier: Notifier;
  readonly preset: string;
}

/**
 * Publishes one message for an image, then marks its record. A crash between the two repeats the message at the retry; the
 * other order would lose it.
 */
export async function announceImage({ claim, effect }: Pending, { ledger, notifier, preset }: Voice): Promise<void> {
  await notifier.publish(imageNotification(effect, preset));
  await ledger.markNotified(claim);
}

/** Publishes one report for all images of an invocation, then marks their records. */
export async function announceReport(pending: readonly Pending[], { ledger, notifier, preset }: Voice): Promise<void> {
  if (pending.length === 0) return;
  await notifier.publish(
    reportNotification(
      pending.map(({ effect }) => effect),
      preset,
    ),
  );
  await Promise.all(pending.map(({ claim }) => ledger.markNotified(claim)));
}
