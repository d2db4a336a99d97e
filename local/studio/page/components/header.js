import { useEffect, useState } from 'preact/hooks';
import { post } from '../api.js';
import { plural, readableBytes, readableChange, recipeInWords, statusInWords } from '../words.js';
import { html } from './html.js';

/** @import { Snapshot } from '../../studio.ts' */
/** @import { Totals } from '../../totals.ts' */

/** @type {(keyof Totals['outcomes'])[]} */
const OUTCOMES = ['deadLettered', 'processed', 'failed', 'duplicate', 'superseded', 'gone', 'ignored'];
const ALWAYS_SHOWN = ['processed', 'failed', 'duplicate', 'superseded'];

/**
 * What runs, its figures, and the two switches.
 * @param {{ snapshot: Snapshot, totals: Totals, theme: string, onToggleTheme: () => void }} props
 */
export function Header({ snapshot, totals, theme, onToggleTheme }) {
  return html`<header class="hero"><div>
    <div class="switches">
      <${PresetSwitch} snapshot=${snapshot} />
      <button type="button" class="ghost" onClick=${onToggleTheme} aria-pressed=${theme === 'dark'}>
        <span aria-hidden="true">${theme === 'dark' ? '☾' : '☀'}</span> Dark
      </button>
    </div>
    <h1>Drop photos, watch every step</h1>
    <p class="recipe">A serverless image pipeline, whole, on this machine. ${recipeInWords(snapshot.recipe)}</p>
    <${Counters} totals=${totals} />
    <${Announcement} totals=${totals} />
  </div></header>`;
}

/** @param {{ snapshot: Snapshot }} props */
function PresetSwitch({ snapshot }) {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  /** @param {{ currentTarget: HTMLSelectElement }} event */
  const change = async ({ currentTarget }) => {
    setBusy(true);
    setProblem('');
    await post(`/api/preset?name=${encodeURIComponent(currentTarget.value)}`).catch((error) => setProblem(error.message));
    setBusy(false);
  };
  return html`<label class="preset">Preset
    <select value=${snapshot.preset} disabled=${busy} onChange=${change}>
      ${snapshot.presets.map((preset) => html`<option key=${preset} value=${preset}>${preset}</option>`)}
    </select></label>
    ${busy && html`<span role="status">Starting …</span>`}
    ${problem && html`<span role="alert">${problem}</span>`}`;
}

/** @param {{ totals: Totals }} props */
function Counters({ totals }) {
  const { outcomes, bytesBefore, bytesAfter, crashes, mails } = totals;
  const shown = OUTCOMES.filter((status) => outcomes[status] > 0 || ALWAYS_SHOWN.includes(status));
  return html`<dl class="counters">
    ${shown.map((status) => html`<${Counter} key=${status} name=${statusInWords(status)} value=${outcomes[status]} quiet=${outcomes[status] === 0} />`)}
    <${Counter} name=${mails === 1 ? 'mail' : 'mails'} value=${mails} quiet=${mails === 0} />
    ${crashes > 0 && html`<${Counter} name=${crashes === 1 ? 'worker killed' : 'workers killed'} value=${crashes} />`}
    ${bytesBefore > 0 && html`<${Counter} name=${`of ${readableBytes(bytesBefore)}`} value=${readableChange(bytesBefore, bytesAfter)} />`}
  </dl>`;
}

/** @param {{ name: string, value: string | number, quiet?: boolean }} props */
function Counter({ name, value, quiet = false }) {
  return html`<div class=${quiet ? 'none' : ''}><dt>${name}</dt><dd>${value}</dd></div>`;
}

/**
 * Tells a screen reader how far things are, but not with every photo.
 * @param {{ totals: Totals }} props
 */
function Announcement({ totals }) {
  const [text, setText] = useState('');
  const { processed, failed } = totals.outcomes;
  useEffect(() => {
    const timer = setTimeout(
      () => setText(processed + failed === 0 ? '' : `${plural(processed, 'photo')} processed, ${failed} failed.`),
      1000,
    );
    return () => clearTimeout(timer);
  }, [processed, failed]);
  return html`<p class="unseen" role="status">${text}</p>`;
}
