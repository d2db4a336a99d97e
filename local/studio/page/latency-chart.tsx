import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { Section } from '../../ui/components.tsx';
import { readableTime } from '../../ui/readable.ts';
import type { Delivery } from '../delivery.ts';

const MAX_POINTS = 300;
const HEIGHT = 220;

/** How long photos took from event to outcome, like the duration widget of the dashboard. */
export function LatencyChart({ deliveries, theme }: { deliveries: readonly Delivery[]; theme: string }) {
  const timed = deliveries.filter(({ milliseconds = 0, status }) => milliseconds > 0 && status !== 'ignored').slice(-MAX_POINTS);
  return (
    <Section id="latency" title="From upload to outcome">
      <div class="card chart">
        <p>{summaryOf(timed)}</p>
        {timed.length > 1 && <Chart timed={timed} theme={theme} />}
      </div>
    </Section>
  );
}

function summaryOf(timed: readonly Delivery[]) {
  if (timed.length === 0) return 'No photo yet.';
  const sorted = timed.map(({ milliseconds = 0 }) => milliseconds).sort((a, b) => a - b);
  const percentile = (share: number) => readableTime(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return (
    <>
      {`Half finished within ${percentile(0.5)}, 95 % within ${percentile(0.95)}. `}
      <span class="quiet">This includes the wait for a free worker.</span>
    </>
  );
}

function Chart({ timed, theme }: { timed: readonly Delivery[]; theme: string }) {
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  // The colours are read from the theme's style sheet.
  useEffect(() => {
    const element = container.current;
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
  // Every state change creates a new list, but rarely new points.
  useEffect(() => {
    chart.current?.setData([timed.map(({ id }) => id), timed.map(({ milliseconds = 0 }) => milliseconds / 1000)]);
  }, [timed.length, timed.at(-1)?.id, timed[0]?.id, theme]);
  return <div ref={container} class="plot" role="img" aria-label="Chart of the seconds each photo took, newest on the right" />;
}

function draw(container: HTMLElement): uPlot {
  const colour = (name: string) => resolvedColour(container, name);
  const axis: uPlot.Axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  const options: uPlot.Options = {
    width: container.clientWidth,
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
  return new uPlot(options, [[], []], container);
}

/** The value of a colour variable in the current theme; a canvas does not understand variables. */
function resolvedColour(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}
