/** @import { Delivery } from '../delivery.ts' */
/** @import { Step } from '../steps.ts' */

/**
 * The way of a photo: what each step is, and who is stopped there.
 * @type {{ step: Step, title: string, text: string }[]}
 */
export const STEPS = [
  {
    step: 'upload',
    title: 'Upload',
    text: 'Any S3 client puts a photo into the bucket. S3 tells the function, at least once and in any order.',
  },
  {
    step: 'claim',
    title: 'Claim',
    text: 'One worker claims the event by a conditional write to the table of records. Duplicates and late events end here.',
  },
  {
    step: 'render',
    title: 'Render',
    text: 'The bytes are checked, decoded once, turned upright, resized. Bad files end here, with a reason.',
  },
  {
    step: 'store',
    title: 'Store',
    text: 'The results, called renditions, are written to the output bucket: never over those of a newer version.',
  },
  {
    step: 'record',
    title: 'Record',
    text: 'The outcome is written to the table, if the claim still stands. A crash before this repeats the work, not the effect.',
  },
  { step: 'notify', title: 'Notify', text: 'One mail for each outcome that this preset announces; the record notes that it went out.' },
];

const NAMES = STEPS.map(({ step }) => step);

/**
 * Where a delivery is: for each step `done`, `now`, `failed`, `stopped` (ended here by the protocol), `skipped` or `ahead`, and when
 * it was done.
 * @param {Delivery} delivery
 */
export function trackOf(delivery) {
  const end = endOf(delivery);
  const current = NAMES.find((step) => delivery.steps[step] === undefined && !isSkipped(delivery, step));
  return NAMES.map((step) => ({ step, state: stateOf(delivery, step, { end, current }), at: delivery.steps[step] }));
}

/**
 * The step at which an outcome other than `processed` was decided.
 * @param {Delivery} delivery
 */
function endOf({ status, refused, steps }) {
  if (refused || status === 'ignored') return { at: 'claim', state: 'stopped' };
  if (status === 'failed') return { at: 'render', state: 'failed' };
  if (status === 'superseded' || status === 'gone') return { at: 'render', state: 'stopped' };
  if (status === 'deadLettered') return { at: NAMES.find((step) => steps[step] === undefined), state: 'failed' };
  return undefined;
}

/**
 * @param {Delivery} delivery
 * @param {Step} step
 * @param {{ end: ReturnType<typeof endOf>, current: Step | undefined }} way
 */
function stateOf(delivery, step, { end, current }) {
  if (end?.at === step) return end.state;
  if (delivery.steps[step] !== undefined) return 'done';
  if (isFinished(delivery) || isSkipped(delivery, step)) return 'skipped';
  return step === current ? 'now' : 'ahead';
}

/**
 * @param {Delivery} delivery
 * @param {Step} step
 */
function isSkipped({ announced, steps }, step) {
  if (steps.record === undefined) return false;
  return step === 'store' || step === 'render' || (step === 'notify' && announced === false);
}

/**
 * Whether there is an outcome.
 * @param {Delivery} delivery
 */
export const isFinished = ({ status }) => status !== 'waiting' && status !== 'working';

/**
 * How many deliveries are at each step right now.
 * @param {readonly Delivery[]} deliveries
 */
export function crowdAt(deliveries) {
  /** @type {Map<Step, number>} */
  const crowd = new Map();
  for (const delivery of deliveries) {
    if (isFinished(delivery)) continue;
    const now = trackOf(delivery).find(({ state }) => state === 'now');
    if (now) crowd.set(now.step, (crowd.get(now.step) ?? 0) + 1);
  }
  return crowd;
}
