import { useEffect, useState } from 'preact/hooks';

/** @import { Delivery } from '../delivery.ts' */
/** @import { Change, Snapshot } from '../studio.ts' */

/** Deliveries that the page remembers, as many as the studio does. */
const MAX_DELIVERIES = 1000;
const MAX_MAILS = 100;

/**
 * What the page knows; without a snapshot, nothing yet.
 * @typedef {object} State
 * @property {'connecting' | 'open' | 'lost'} connection
 * @property {Omit<Snapshot, keyof Change>} [snapshot]
 * @property {Change['deliveries']} deliveries
 * @property {Change['mails']} mails
 * @property {Change['totals']} [totals]
 */

/** @type {State} */
let state = { connection: 'connecting', deliveries: [], mails: [] };
/** @type {Set<(state: State) => void>} */
const listeners = new Set();

/** Follows the studio; the browser connects again by itself when the stream ends. */
export function connect() {
  const events = new EventSource('/events');
  events.addEventListener('snapshot', ({ data }) => {
    const { deliveries, mails, totals, ...snapshot } = JSON.parse(data);
    update({ connection: 'open', snapshot, deliveries, mails, totals });
  });
  events.addEventListener('change', ({ data }) => {
    const { deliveries, mails, totals } = JSON.parse(data);
    update({ deliveries: merged(deliveries), mails: [...state.mails, ...mails].slice(-MAX_MAILS), totals });
  });
  events.addEventListener('error', () => update({ connection: 'lost' }));
}

/** The studio's state, in a component. */
export function useStudio() {
  const [current, setCurrent] = useState(state);
  useEffect(() => {
    listeners.add(setCurrent);
    setCurrent(state);
    return () => listeners.delete(setCurrent);
  }, []);
  return current;
}

/** @param {Partial<State>} change */
function update(change) {
  state = { ...state, ...change };
  for (const listener of listeners) listener(state);
}

/**
 * Oldest first; what changed takes the place of what it was.
 * @param {readonly Delivery[]} changed
 */
function merged(changed) {
  const known = new Map(state.deliveries.map((delivery) => [delivery.id, delivery]));
  for (const delivery of changed) known.set(delivery.id, delivery);
  return [...known.values()].slice(-MAX_DELIVERIES);
}
