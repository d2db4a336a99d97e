import { useMemo, useState } from 'preact/hooks';
import { thumbHashToDataURL } from 'thumbhash';
import { plural, readableBytes, readableChange, readableText, statusInWords } from '../words.js';
import { html } from './html.js';

/** @import { Delivery } from '../../delivery.ts' */

/** Cards at a time; a page of a thousand pictures would be slow. */
const PAGE = 24;

/**
 * The newest photos that were processed.
 * @param {{ deliveries: readonly Delivery[], onOpen: (id: number) => void }} props
 */
export function Gallery({ deliveries, onOpen }) {
  const [shown, setShown] = useState(PAGE);
  const processed = deliveries.filter(({ status }) => status === 'processed').reverse();
  if (processed.length === 0) return undefined;
  const left = processed.length - shown;
  return html`<section aria-labelledby="gallery">
    <h2 id="gallery">Processed <small>${processed.length}</small></h2>
    <ul class="gallery">${processed.slice(0, shown).map((delivery) => html`<${Card} key=${delivery.id} delivery=${delivery} onOpen=${onOpen} />`)}</ul>
    ${left > 0 && html`<button type="button" class="more" onClick=${() => setShown(shown + PAGE)}>Show ${plural(Math.min(left, PAGE), 'more photo')}</button>`}
  </section>`;
}

/** @param {{ delivery: Delivery, onOpen: (id: number) => void }} props */
function Card({ delivery, onOpen }) {
  const { id, key, bytes = 0, outputs, status } = delivery;
  const after = outputs.reduce((sum, output) => sum + output.bytes, 0);
  return html`<li><button type="button" class="photo" onClick=${() => onOpen(id)}>
    <${Picture} delivery=${delivery} />
    <span class="caption"><bdi class="key">${readableText(key)}</bdi><span class="badge ${status}">${statusInWords(status)}</span></span>
    <span class="caption quiet"><span>${readableBytes(bytes)}${after > 0 && ` → ${readableBytes(after)}`}</span>${after > 0 && html`<strong>${readableChange(bytes, after)}</strong>`}</span>
  </button></li>`;
}

/**
 * The first rendition over its ThumbHash, which is there at once.
 * @param {{ delivery: Delivery }} props
 */
function Picture({ delivery: { id, outputs, image } }) {
  const [loaded, setLoaded] = useState(false);
  const placeholder = usePlaceholder(image?.thumbHash);
  return html`<span class="picture">
    ${placeholder && html`<img class="placeholder" src=${placeholder} alt="" />`}
    ${outputs.length > 0 && html`<img class=${loaded ? 'loaded' : 'loading'} src=${`/api/deliveries/${id}/renditions/0`} alt="" loading="lazy" decoding="async" onLoad=${() => setLoaded(true)} />`}
  </span>`;
}

/**
 * A ThumbHash as a picture; undefined where there is none.
 * @param {string | undefined} thumbHash
 */
export function usePlaceholder(thumbHash) {
  return useMemo(
    () => thumbHash && thumbHashToDataURL(Uint8Array.from(atob(thumbHash), (character) => character.charCodeAt(0))),
    [thumbHash],
  );
}
