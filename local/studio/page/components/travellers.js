import { isFinished, STEPS, trackOf } from '../steps.js';
import { explanation, plural, readableText, readableTime, statusInWords } from '../words.js';
import { html } from './html.js';

/** @import { Delivery } from '../../delivery.ts' */
/** @import { Uploads } from '../uploads.js' */

/** Rows at the most: who has more on the way sees a number. */
const MAX_ON_THE_WAY = 6;
const MAX_ARRIVED = 6;

const TITLES = Object.fromEntries(STEPS.map(({ step, title }) => [step, title]));
/** @type {Record<string, string>} */
const STATES = { done: 'done', now: 'in progress', failed: 'failed', stopped: 'ended here', skipped: 'not needed', ahead: 'to come' };

/**
 * What is on its way, step by step, and what arrived last.
 * @param {{ deliveries: readonly Delivery[], uploads: Uploads, onOpen: (id: number) => void }} props
 */
export function Travellers({ deliveries, uploads, onOpen }) {
  const underWay = deliveries.filter((delivery) => !isFinished(delivery));
  const first = underWay.toSorted((a, b) => Number(b.status === 'working') - Number(a.status === 'working')).slice(0, MAX_ON_THE_WAY);
  const arrived = deliveries.filter(isFinished).slice(-MAX_ARRIVED).reverse();
  const waiting = underWay.length - first.length;
  return html`<section aria-labelledby="travellers">
    <h2 id="travellers">Latest photos <small>${underWay.length + uploads.waiting} on the way</small></h2>
    ${deliveries.length === 0 && uploads.waiting === 0 && html`<p class="empty">Nothing yet. Photos appear here the moment they are uploaded, from this page or from anywhere.</p>`}
    <ul class="travellers">${[...first, ...arrived].map((delivery) => html`<${Traveller} key=${delivery.id} delivery=${delivery} onOpen=${onOpen} />`)}</ul>
    ${waiting + uploads.waiting > 0 && html`<p class="quiet">${plural(waiting, 'event')} waiting for a worker, ${plural(uploads.waiting, 'file')} still in the browser.</p>`}
  </section>`;
}

/** @param {{ delivery: Delivery, onOpen: (id: number) => void }} props */
function Traveller({ delivery, onOpen }) {
  // A step that changes its state becomes a new element: Chromium now and then keeps the colour of a label when only its parent's class changes.
  const { id, key, status, milliseconds, kind } = delivery;
  const reason = explanation(delivery);
  return html`<li class="traveller ${status}">
    <button type="button" class="name" onClick=${() => onOpen(id)}><bdi>${readableText(key)}</bdi></button>
    <ol class="track" aria-label=${`Steps of ${readableText(key)}`}>${trackOf(delivery).map(
      ({
        step,
        state,
        at,
      }) => html`<li key=${`${step} ${state}`} class=${state} title=${at ? `${TITLES[step]}: after ${readableTime(at)}` : TITLES[step]}>
        <span class="dot" aria-hidden="true"></span><span class="step">${TITLES[step]}</span><span class="unseen">: ${STATES[state]}</span></li>`,
    )}</ol>
    <span class="outcome"><span class="badge ${status}">${statusInWords(status)}</span> <span class="quiet">${readableTime(milliseconds)}</span></span>
    ${(reason || kind !== 'upload') && html`<p class="reason">${reason}</p>`}
  </li>`;
}
