import { type Delivery, isFinished } from '../delivery.ts';
import { STEPS, type Step } from '../progress-events.ts';

/** What happens in each step. */
export const EXPLAINED_STEPS: Readonly<Record<Step, string>> = {
  upload: 'Any S3 client puts a photo into the bucket. S3 notifies the function, at least once and in any order.',
  claim: 'One worker claims the event with a conditional write to the table. Duplicates and late events end here.',
  render: 'The file is checked, decoded once, turned upright and resized. Bad files end here, with a reason.',
  store: 'The results, called renditions, are written to the output bucket, but never over those of a newer version.',
  record: 'The outcome is written to the table if the claim still holds. A crash before this repeats the work, not the effect.',
  notify: 'SNS sends one message for each outcome that this preset announces, and the record notes that it was sent.',
};

export type StepState = 'done' | 'now' | 'failed' | 'stopped' | 'skipped' | 'ahead';

/** The state of every step of a delivery, and how many milliseconds after the event it was finished. */
export function progressOf(delivery: Delivery): { step: Step; state: StepState; at: number | undefined }[] {
  const end = endOf(delivery);
  const current = STEPS.find((step) => delivery.steps[step] === undefined && !isSkipped(delivery, step));
  return STEPS.map((step) => ({ step, state: stateOf(delivery, step, end, current), at: delivery.steps[step] }));
}

/** Where and how a delivery ended that was not `processed`. */
interface End {
  readonly at: Step | undefined;
  readonly state: 'failed' | 'stopped';
}

function endOf({ status, refused, steps }: Delivery): End | undefined {
  if (refused || status === 'ignored') return { at: 'claim', state: 'stopped' };
  if (status === 'failed') return { at: 'render', state: 'failed' };
  if (status === 'superseded' || status === 'gone') return { at: 'render', state: 'stopped' };
  if (status === 'deadLettered') return { at: STEPS.find((step) => steps[step] === undefined), state: 'failed' };
  return undefined;
}

function stateOf(delivery: Delivery, step: Step, end: End | undefined, current: Step | undefined): StepState {
  if (end?.at === step) return end.state;
  if (delivery.steps[step] !== undefined) return 'done';
  if (isFinished(delivery) || isSkipped(delivery, step)) return 'skipped';
  return step === current ? 'now' : 'ahead';
}

function isSkipped({ announced, steps }: Delivery, step: Step): boolean {
  if (steps.record === undefined) return false;
  return step === 'store' || step === 'render' || (step === 'notify' && announced === false);
}

/** How many deliveries are at each step right now. */
export function countBySteps(deliveries: readonly Delivery[]): ReadonlyMap<Step, number> {
  const counts = new Map<Step, number>();
  for (const delivery of deliveries) {
    const now = isFinished(delivery) ? undefined : progressOf(delivery).find(({ state }) => state === 'now');
    if (now) counts.set(now.step, (counts.get(now.step) ?? 0) + 1);
  }
  return counts;
}

/** Explains an outcome in one sentence; empty if its status needs no explanation. */
export function explanation({ status, kind, crashes, detail, failure }: Delivery): string {
  if (status === 'waiting' && crashes > 0) return 'Its worker was killed. Lambda retries the event.';
  if (status === 'duplicate')
    return 'The same event again: the record says it is done, so nothing is repeated and no notification is sent.';
  if (status === 'superseded' && kind === 'late')
    return 'The event of an older version came late. A newer version is recorded, so nothing changes.';
  if (status === 'superseded') return 'A newer upload of the same key won.';
  if (status === 'gone') return 'The photo was deleted before it was processed.';
  if (status === 'ignored') return `Not an upload for this pipeline: ${detail}.`;
  if (status === 'deadLettered') return 'Every attempt ended with an error, and the event is in the dead-letter queue.';
  if (failure) return failure.sentence;
  if (status === 'processed' && crashes > 0) {
    return 'Its worker was killed; the retry took over the claim and finished. One record, one set of renditions.';
  }
  return '';
}
