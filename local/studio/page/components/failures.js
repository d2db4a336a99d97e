import { readableBytes, readableText, statusInWords } from '../words.js';
import { html } from './html.js';

/** @import { Delivery } from '../../delivery.ts' */

const MAX_SHOWN = 6;

/**
 * The newest failures, each with why and what to do.
 * @param {{ deliveries: readonly Delivery[] }} props
 */
export function Failures({ deliveries }) {
  const failed = deliveries.filter(({ status }) => status === 'failed' || status === 'deadLettered').reverse();
  if (failed.length === 0) return undefined;
  return html`<section aria-labelledby="failures">
    <h2 id="failures">Needs your attention <small>${failed.length}</small></h2>
    <div class="failures">${failed.slice(0, MAX_SHOWN).map((delivery) => html`<${FailedPhoto} key=${delivery.id} delivery=${delivery} />`)}</div>
    ${failed.length > MAX_SHOWN && html`<p class="quiet">… and ${failed.length - MAX_SHOWN} more</p>`}
  </section>`;
}

/** @param {{ delivery: Delivery }} props */
function FailedPhoto({ delivery: { key, status, bytes, failure, detail } }) {
  return html`<article class="failure">
    <h3><bdi>${readableText(key)}</bdi> <span class="badge ${status}">${statusInWords(status)}</span></h3>
    <p>${failure?.sentence ?? 'The pipeline itself failed, not the photo: every attempt ended with an error, and the event waits in the dead-letter queue.'}</p>
    ${failure && html`<p class="hint">${failure.hint}</p>`}
    <p class="quiet">${failure ? `${failure.code} · ` : ''}${readableBytes(bytes)}${detail ? ` · ${readableText(detail)}` : ''}</p>
  </article>`;
}
