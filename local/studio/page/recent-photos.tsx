import { ObjectKey, Section, StatusBadge } from '../../ui/components.tsx';
import { plural, readableText, readableTime } from '../../ui/readable.ts';
import { type Delivery, isFinished } from '../delivery.ts';
import { explanation, progressOf, type StepState } from './photo-progress.ts';

/** Rows to show; further photos in flight are only counted. */
const MAX_IN_FLIGHT = 6;
const MAX_FINISHED = 6;

const STATES: Readonly<Record<StepState, string>> = {
  done: 'done',
  now: 'in progress',
  failed: 'failed',
  stopped: 'ended here',
  skipped: 'not needed',
  ahead: 'to come',
};

interface RecentPhotosProps {
  readonly deliveries: readonly Delivery[];
  /** Files that are still in the browser. */
  readonly waitingUploads: number;
  readonly onOpen: (id: number) => void;
}

/** Photos in flight, step by step, and those that finished last. */
export function RecentPhotos({ deliveries, waitingUploads, onOpen }: RecentPhotosProps) {
  const inFlight = deliveries.filter((delivery) => !isFinished(delivery));
  const first = inFlight.toSorted((a, b) => Number(b.status === 'working') - Number(a.status === 'working')).slice(0, MAX_IN_FLIGHT);
  const finished = deliveries.filter(isFinished).slice(-MAX_FINISHED).reverse();
  const waiting = inFlight.length - first.length;
  return (
    <Section id="recent" title="Recent photos" count={`${inFlight.length + waitingUploads} in flight`}>
      {deliveries.length === 0 && waitingUploads === 0 && (
        <p class="empty">Nothing yet. Photos appear here as soon as they are uploaded, from this page or by any S3 client.</p>
      )}
      <ul class="recent card">
        {[...first, ...finished].map((delivery) => (
          <RecentPhoto key={delivery.id} delivery={delivery} onOpen={onOpen} />
        ))}
      </ul>
      {waiting + waitingUploads > 0 && (
        <p class="quiet">
          {plural(waiting, 'event')} waiting for a worker, {plural(waitingUploads, 'file')} still in the browser.
        </p>
      )}
    </Section>
  );
}

function RecentPhoto({ delivery, onOpen }: { delivery: Delivery; onOpen: (id: number) => void }) {
  const { id, key, status, milliseconds, kind } = delivery;
  const reason = explanation(delivery);
  return (
    <li class={`recent-photo ${status}`}>
      <button type="button" class="name" onClick={() => onOpen(id)}>
        <ObjectKey name={key} />
      </button>
      <ol class="steps" aria-label={`Steps of ${readableText(key)}`}>
        {progressOf(delivery).map(({ step, state, at }) => (
          // A new state gets a new element: Chromium sometimes keeps a label's colour when only its parent's class changes.
          <li key={`${step} ${state}`} class={state} title={at ? `${step}: after ${readableTime(at)}` : step}>
            <span class="dot" aria-hidden="true" />
            <span class="step">{step}</span>
            <span class="visually-hidden">: {STATES[state]}</span>
          </li>
        ))}
      </ol>
      <span class="outcome">
        <StatusBadge status={status} /> <span class="quiet">{milliseconds !== undefined && readableTime(milliseconds)}</span>
      </span>
      {(reason || kind !== 'upload') && <p class="reason">{readableText(reason)}</p>}
    </li>
  );
}
