import type { ComponentChildren } from 'preact';
import type { Mail } from '../aws/mail-queue.ts';
import { plural, readableBytes, readableLines, readableText, type Status, statusInWords } from './readable.ts';

/** The coloured top of a page. */
export function Hero({ children }: { children: ComponentChildren }) {
  return (
    <header class="hero">
      <div>{children}</div>
    </header>
  );
}

/** A titled part of a page, with the number of its items if there is one. */
export function Section(props: { id: string; title: string; count?: number | string; children: ComponentChildren }) {
  return (
    <section aria-labelledby={props.id}>
      <h2 id={props.id}>
        {props.title} {props.count !== undefined && <small>{props.count}</small>}
      </h2>
      {props.children}
    </section>
  );
}

/** An object key. It is isolated, so that right-to-left text does not reorder what surrounds it. */
export function ObjectKey({ name }: { name: string }) {
  return <bdi>{readableText(name)}</bdi>;
}

export function StatusBadge({ status }: { status: Status }) {
  return <span class={`badge ${status}`}>{statusInWords(status)}</span>;
}

/** A figure and what it counts; `label` follows the figure. */
export interface Figure {
  readonly label: string;
  readonly value: string | number;
}

/** A row of figures; zeros are dimmed. */
export function Counters({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl class="counters">
      {figures.map(({ label, value }) => (
        <div key={label} class={value === 0 ? 'none' : undefined}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A table that scrolls sideways where the page is too narrow for it, also by keyboard. */
export function Table({ label, head, children }: { label: string; head?: readonly string[]; children: ComponentChildren }) {
  return (
    // Only an element that can have the focus can be scrolled by keyboard.
    <section class="table" tabindex={0} aria-label={label}>
      <table>
        {head && (
          <thead>
            <tr>
              {head.map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

/** A photo that failed, or whose event ended in the dead-letter queue. */
export interface FailedPhoto {
  readonly key: string;
  readonly status: Status;
  readonly bytes?: number | undefined;
  /** Why the image failed; undefined if the pipeline did. */
  readonly failure?: { readonly code: string; readonly sentence: string; readonly hint: string } | undefined;
  readonly detail?: string | undefined;
}

const PIPELINE_FAILED = 'The pipeline failed, not the photo: every attempt ended with an error, and the event is in the dead-letter queue.';

/** One failure: why it happened and what to do about it. */
export function Failure({ photo, picture }: { photo: FailedPhoto; picture?: ComponentChildren }) {
  const { key, status, bytes, failure, detail } = photo;
  const facts = [failure?.code, bytes !== undefined && readableBytes(bytes), detail && readableText(detail)];
  return (
    <article class="failure">
      {picture}
      <div>
        <h3>
          <ObjectKey name={key} /> <StatusBadge status={status} />
        </h3>
        <p>{failure?.sentence ?? PIPELINE_FAILED}</p>
        {failure && <p class="hint">{failure.hint}</p>}
        <p class="quiet">{facts.filter(Boolean).join(' · ')}</p>
      </div>
    </article>
  );
}

/**
 * The emails that the notification topic would send.
 * @param props.mails the notifications to show
 * @param props.more the number of notifications that are not shown
 */
export function Notifications({ mails, more, open = false }: { mails: readonly Mail[]; more: number; open?: boolean }) {
  return (
    <>
      <div class="mails">
        {mails.map(({ subject, message }, index) => (
          // Counted from the oldest, so that a new one at the top opens or closes none of the others.
          <details key={more + mails.length - index} class="mail" open={open}>
            <summary>{readableText(subject)}</summary>
            <pre>{readableLines(message)}</pre>
          </details>
        ))}
      </div>
      {more > 0 && <p class="quiet">… and {plural(more, 'more notification')}</p>}
    </>
  );
}
