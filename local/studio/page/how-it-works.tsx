import { ObjectKey, StatusBadge } from '../../ui/components.tsx';
import { readableText } from '../../ui/readable.ts';
import { type Delivery, isFinished } from '../delivery.ts';
import type { Fault } from '../fault-injection.ts';
import { STEPS } from '../progress-events.ts';
import { CommandButton } from './command-button.tsx';
import { countBySteps, EXPLAINED_STEPS, explanation } from './photo-progress.ts';

interface FaultCardProps {
  readonly fault: Fault;
  readonly title: string;
  readonly text: string;
  readonly button: string;
  /** Whether a delivery shows this fault. */
  readonly isOne: (delivery: Delivery) => boolean;
}

const FAULT_CARDS: readonly FaultCardProps[] = [
  {
    fault: 'corrupt',
    title: 'A bad file',
    text: 'It fails with a reason and a hint, is recorded and reported once, and is never retried. No other photo waits for it.',
    button: 'Send a bad file',
    isOne: ({ key }) => key.endsWith('studio/damaged.jpg'),
  },
  {
    fault: 'duplicate',
    title: 'A duplicate',
    text: 'S3 may deliver an event twice. The second claim is refused: no work is repeated, and no second notification is sent.',
    button: 'Send a duplicate',
    isOne: ({ kind }) => kind === 'duplicate',
  },
  {
    fault: 'late',
    title: 'A late event',
    text: 'The event of an older version arrives after the newer one. It is superseded, and the newer renditions stay.',
    button: 'Send a late event',
    isOne: ({ kind }) => kind === 'late',
  },
  {
    fault: 'kill',
    title: 'A crash',
    text: 'A worker dies while it processes a photo. The retry takes over its claim and finishes: one record, one set of renditions.',
    button: 'Kill a worker',
    isOne: ({ crashes }) => crashes > 0,
  },
];

/** The six steps with the number of photos at each, and the faults to try. */
export function HowItWorks({ deliveries }: { deliveries: readonly Delivery[] }) {
  const counts = countBySteps(deliveries);
  return (
    <section aria-labelledby="how">
      <h2 id="how">How a photo is processed</h2>
      <ol class="process card">
        {STEPS.map((step) => (
          <li key={step} class={counts.has(step) ? 'busy' : undefined}>
            <h3>
              {step} {counts.has(step) && <span class="count">{counts.get(step)}</span>}
            </h3>
            <p>{EXPLAINED_STEPS[step]}</p>
          </li>
        ))}
      </ol>
      <h2 class="next">
        When things go wrong <small>try it</small>
      </h2>
      <div class="faults">
        {FAULT_CARDS.map((card) => (
          <FaultCard key={card.fault} {...card} latest={deliveries.findLast(card.isOne)} />
        ))}
      </div>
    </section>
  );
}

function FaultCard({ fault, title, text, button, latest }: FaultCardProps & { latest: Delivery | undefined }) {
  return (
    <article class={`fault ${fault}`}>
      <h3>{title}</h3>
      <p>{text}</p>
      <CommandButton path={`/api/faults/${fault}`} label={button} />
      {latest && isFinished(latest) && (
        <p class="result">
          <StatusBadge status={latest.status} /> <ObjectKey name={latest.key} />: {readableText(explanation(latest))}
        </p>
      )}
    </article>
  );
}
