import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { readableTime } from '../words.js';
import { html } from './html.js';

/** @import { Delivery } from '../../delivery.ts' */

/** Points of the chart at the most. */
const MAX_POINTS = 300;
const HEIGHT = 220;

/**
 * How long photos took, from their event to their outcome, like the dashboard's duration widget.
 * @param {{ deliveries: readonly Delivery[], theme: string }} props
 */
export function Latency({ deliveries, theme }) {
  const taken = deliveries.filter(({ milliseconds = 0, status }) => milliseconds > 0 && status !== 'ignored').slice(-MAX_POINTS);
  const sorted = taken.map(({ milliseconds = 0 }) => milliseconds).sort((a, b) => a - b);
  const summary =
    sorted.length === 0
      ? 'No photo yet.'
      : `Half were done within ${readableTime(at(sorted, 0.5))}, 95 % within ${readableTime(at(sorted, 0.95))}.`;
  return html`<section aria-labelledby="latency">
    <h2 id="latency">From upload to outcome</h2>
    <div class="card chart">
      <p>${summary} ${sorted.length > 0 && html`<span class="quiet">Waiting for a free worker is part of it.</span>`}</p>
      ${taken.length > 1 && html`<${Chart} taken=${taken} theme=${theme} />`}
    </div>
  </section>`;
}

/**
 * @param {readonly number[]} sorted
 * @param {number} share
 */
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** @param {{ taken: Delivery[], theme: string }} props */
function Chart({ taken, theme }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const chart = useRef(/** @type {uPlot | null} */ (null));
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const drawn = draw(element);
    chart.current = drawn;
    const resize = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      drawn.destroy();
    };
  }, [theme]);
  useEffect(() => {
    chart.current?.setData([taken.map(({ id }) => id), taken.map(({ milliseconds = 0 }) => milliseconds / 1000)]);
  }, [taken.length, taken.at(-1)?.id, taken[0]?.id, theme]);
  return html`<div ref=${place} class="plot" role="img" aria-label="Chart of the seconds that each photo took, the newest on the right"></div>`;
}

/** @param {HTMLElement} place */
function draw(place) {
  const colour = resolved.bind(undefined, place);
  /** @type {uPlot.Axis} */
  const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  /** @type {uPlot.Options} */
  const options = {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_chart, _low, high) => [0, Math.max(0.1, high * 1.1)] } },
    axes: [
      { ...axis, values: (_chart, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? `#${tick}` : '')) },
      { ...axis, size: 60, values: (_chart, ticks) => ticks.map((tick) => `${tick} s`) },
    ],
    series: [{}, { stroke: colour('--accent'), width: 1.5, fill: colour('--accent-wash'), points: { show: true, size: 5 } }],
  };
  return new uPlot(options, [[], []], place);
}

/**
 * A colour of the page as the canvas understands it: what it is in the current theme.
 * @param {HTMLElement} place
 * @param {string} name
 */
function resolved(place, name) {
  place.style.color = `var(${name})`;
  const { color } = getComputedStyle(place);
  place.style.color = '';
  return color;
}
