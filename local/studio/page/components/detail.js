import 'img-comparison-slider';
import { useEffect, useRef, useState } from 'preact/hooks';
import { fetchRecord } from '../api.js';
import { isFinished } from '../steps.js';
import { explanation, readableBytes, readableChange, readableText, readableTime, statusInWords } from '../words.js';
import { usePlaceholder } from './gallery.js';
import { MischiefButton } from './how-it-works.js';
import { html } from './html.js';

/** @import { Delivery } from '../../delivery.ts' */

/** Formats that browsers show. */
const SHOWN = ['jpeg', 'png', 'webp', 'avif', 'gif'];

/**
 * One photo: before and after, its renditions, its record, and what can be done to it.
 * @param {{ delivery: Delivery, onClose: () => void }} props
 */
export function Detail({ delivery, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => dialog.current?.showModal(), []);
  const { id, key, status, milliseconds } = delivery;
  const close = () => dialog.current?.close();
  /** @param {Event} event */
  const closeOutside = ({ target }) => target === dialog.current && close();
  return html`<dialog ref=${dialog} class="detail" aria-labelledby="detail-title" onClose=${onClose} onClick=${closeOutside}><div>
    <header><h2 id="detail-title"><bdi>${readableText(key)}</bdi></h2>
      <button type="button" class="close" aria-label="Close" onClick=${close}>✕</button></header>
    <p><span class="badge ${status}">${statusInWords(status)}</span> <span class="quiet">${readableTime(milliseconds)}</span> ${explanation(delivery)}</p>
    ${delivery.failure && html`<p class="hint">${delivery.failure.hint}</p>`}
    <${Comparison} delivery=${delivery} />
    <${Renditions} delivery=${delivery} />
    <${Trials} delivery=${delivery} />
    <${RecordTable} key=${status} id=${id} />
  </div></dialog>`;
}

/** @param {{ delivery: Delivery }} props */
function Comparison({ delivery: { id, key, image, outputs, kept } }) {
  const placeholder = usePlaceholder(image?.thumbHash);
  const visible = kept && image && SHOWN.includes(image.format);
  if (!image) return undefined;
  if (!visible && outputs.length === 0)
    return placeholder && html`<img class="single" src=${placeholder} alt=${`Placeholder of ${readableText(key)}`} />`;
  const after = `/api/deliveries/${id}/renditions/0`;
  const before = `/api/deliveries/${id}/original`;
  if (!visible)
    return html`<img class="single" src=${after} alt=${`${readableText(key)}, processed`} /><p class="quiet">The original is not shown: freed from memory, or not a format that browsers show.</p>`;
  if (outputs.length === 0) return html`<img class="single" src=${before} alt=${readableText(key)} />`;
  return html`<div class="comparison"><img-comparison-slider role="group" aria-label="Before and after; arrow keys move the divider">
      <img slot="first" src=${before} width=${image.width} height=${image.height} alt=${`${readableText(key)}, before`} />
      <img slot="second" src=${after} width=${image.width} height=${image.height} alt=${`${readableText(key)}, after`} />
    </img-comparison-slider><p class="quiet sides"><span>before</span><span>after</span></p></div>`;
}

/** @param {{ delivery: Delivery }} props */
function Renditions({ delivery: { id, bytes = 0, image, outputs } }) {
  if (!image) return undefined;
  return html`<div class="table" tabindex="0" role="region" aria-label="Original and renditions"><table>
    <thead><tr><th scope="col">What</th><th scope="col">Pixels</th><th scope="col">Format</th><th scope="col">Size</th><th scope="col">Saved</th></tr></thead>
    <tbody><tr><th scope="row">Original</th><td>${image.width} × ${image.height}</td><td>${image.format.toUpperCase()}</td><td>${readableBytes(bytes)}</td><td>–</td></tr>
    ${outputs.map(
      (
        output,
        index,
      ) => html`<tr key=${output.key}><th scope="row"><a href=${`/api/deliveries/${id}/renditions/${index}`} target="_blank" rel="noreferrer"><bdi>${readableText(output.key)}</bdi></a></th>
        <td>${output.width} × ${output.height}</td><td>${output.format.toUpperCase()}</td><td>${readableBytes(output.bytes)}</td><td>${readableChange(bytes, output.bytes)}</td></tr>`,
    )}</tbody></table></div>`;
}

/** @param {{ delivery: Delivery }} props */
function Trials({ delivery }) {
  if (!isFinished(delivery) || delivery.status === 'ignored') return undefined;
  return html`<div class="buttons">
    <${MischiefButton} what="duplicate" label="Send its event again" delivery=${delivery.id} />
    <${MischiefButton} what="late" label="Send an older version late" delivery=${delivery.id} />
    <${MischiefButton} what="kill" label="Upload it again and kill the worker" delivery=${delivery.id} />
  </div>`;
}

/** @param {{ id: number }} props */
function RecordTable({ id }) {
  const [record, setRecord] = useState(/** @type {Record<string, unknown> | undefined} */ (undefined));
  const [problem, setProblem] = useState('');
  useEffect(() => {
    fetchRecord(id).then(setRecord, (error) => setProblem(error.message));
  }, [id]);
  if (problem) return html`<p role="alert">${problem}</p>`;
  if (!record) return html`<p class="quiet" role="status">Reading the record …</p>`;
  const fields = Object.entries(record).sort(([a], [b]) => a.localeCompare(b));
  if (fields.length === 0) return html`<p class="quiet">The table has no record of it.</p>`;
  return html`<h3>The record in DynamoDB</h3><div class="table" tabindex="0" role="region" aria-label="Record"><table class="record"><tbody>
    ${fields.map(([name, value]) => html`<tr key=${name}><th scope="row">${name}</th><td>${readableText(typeof value === 'object' ? JSON.stringify(value) : value)}</td></tr>`)}
  </tbody></table></div>`;
}
