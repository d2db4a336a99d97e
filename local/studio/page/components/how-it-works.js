import { useState } from 'preact/hooks';
import { post } from '../api.js';
import { crowdAt, isFinished, STEPS } from '../steps.js';
import { explanation, readableText, statusInWords } from '../words.js';
import { html } from './html.js';

/** @import { Delivery } from '../../delivery.ts' */
/** @import { Mischief } from '../../mischief.ts' */

/**
 * What can go wrong, and which deliveries are of that kind.
 * @type {{ what: Mischief, isOne: (delivery: Delivery) => boolean, title: string, text: string, button: string }[]}
 */
const TRIALS = [
  {
    what: 'corrupt',
    isOne: ({ key }) => key.endsWith('studio/damaged.jpg'),
    title: 'A bad file',
    text: 'Fails with a reason and a hint. It is recorded and mailed once, never retried, and no other photo waits for it.',
    button: 'Send a bad file',
  },
  {
    what: 'duplicate',
    isOne: ({ kind }) => kind === 'duplicate',
    title: 'A duplicate',
    text: 'S3 may tell of one upload twice. The claim is refused: nothing is done again, nobody is mailed again.',
    button: 'Send a duplicate',
  },
  {
    what: 'late',
    isOne: ({ kind }) => kind === 'late',
    title: 'A late event',
    text: 'The event of an older version arrives after the newer one. It is superseded; the newer renditions stay.',
    button: 'Send a late event',
  },
  {
    what: 'kill',
    isOne: ({ crashes }) => crashes > 0,
    title: 'A crash',
    text: 'The worker dies mid-photo. The retry takes its claim back and finishes: one record, one set of renditions.',
    button: 'Kill a worker',
  },
];

/**
 * The six steps with the photos that are at each, and what happens when things go wrong.
 * @param {{ deliveries: readonly Delivery[] }} props
 */
export function HowItWorks({ deliveries }) {
  const crowd = crowdAt(deliveries);
  return html`<section aria-labelledby="how">
    <h2 id="how">How a photo travels</h2>
    <ol class="way">${STEPS.map(
      ({ step, title, text }) => html`<li key=${step} class=${crowd.has(step) ? 'busy' : ''}>
        <h3>${title}${crowd.has(step) && html` <span class="crowd">${crowd.get(step)}</span>`}</h3><p>${text}</p></li>`,
    )}</ol>
    <h2 class="next">When things go wrong <small>try it</small></h2>
    <div class="trials">${TRIALS.map((trial) => html`<${Trial} key=${trial.what} ...${trial} latest=${deliveries.findLast(trial.isOne)} />`)}</div>
  </section>`;
}

/** @param {{ what: Mischief, title: string, text: string, button: string, latest?: Delivery }} props */
function Trial({ what, title, text, button, latest }) {
  return html`<article class="trial ${what}"><h3>${title}</h3><p>${text}</p><${MischiefButton} what=${what} label=${button} />
    ${latest && isFinished(latest) && html`<p class="result"><span class="badge ${latest.status}">${statusInWords(latest.status)}</span> <bdi>${readableText(latest.key)}</bdi>: ${explanation(latest)}</p>`}</article>`;
}

/**
 * A button that makes mischief, with one photo or with the latest.
 * @param {{ what: Mischief, label: string, delivery?: number }} props
 */
export function MischiefButton({ what, label, delivery }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const act = async () => {
    setBusy(true);
    setProblem('');
    const query = delivery === undefined ? '' : `?delivery=${delivery}`;
    await post(`/api/mischief/${what}${query}`).catch((error) => setProblem(error.message));
    setBusy(false);
  };
  return html`<button type="button" disabled=${busy} onClick=${act}>${label}</button>${problem && html`<p role="alert">${problem}</p>`}`;
}
