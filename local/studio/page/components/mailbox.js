import { plural, readableLines, readableText } from '../words.js';
import { html } from './html.js';

/** @import { Mail } from '../../../aws/mail-queue.ts' */

const MAX_SHOWN = 8;

/**
 * The mails that would have gone out, the newest first.
 * @param {{ mails: readonly Mail[], total: number }} props
 */
export function Mailbox({ mails, total }) {
  const newest = mails.slice(-MAX_SHOWN).reverse();
  return html`<section aria-labelledby="mails">
    <h2 id="mails">Mails <small>${total}</small></h2>
    ${total === 0 && html`<p class="empty">No mail would have gone out so far.</p>`}
    <div class="mails">${newest.map(
      ({ subject, message }, index) =>
        html`<details key=${total - index} class="mail"><summary>${readableText(subject)}</summary><pre>${readableLines(message)}</pre></details>`,
    )}</div>
    ${total > newest.length && html`<p class="quiet">… and ${plural(total - newest.length, 'older mail')}</p>`}
  </section>`;
}
