import 'img-comparison-slider';
import type { HTMLAttributes } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ObjectKey, StatusBadge, Table } from '../../ui/components.tsx';
import { readableBytes, readableChange, readableText, readableTime } from '../../ui/readable.ts';
import { type Delivery, DISPLAYED_FORMATS, isFinished } from '../delivery.ts';
import { CommandButton } from './command-button.tsx';
import { usePlaceholder } from './gallery.tsx';
import { explanation } from './photo-progress.ts';
import { fetchRecord } from './server.ts';

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'img-comparison-slider': HTMLAttributes<HTMLElement>;
    }
  }
}

/** One photo: before and after, its renditions, its record, and the faults to inject. */
export function PhotoDialog({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { id, key, status, milliseconds, failure } = delivery;
  const close = () => dialog.current?.close();
  const closeOutside = ({ target }: Event) => target === dialog.current && close();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the dialog itself closes on Escape.
    <dialog ref={dialog} class="photo-dialog" aria-labelledby="photo-title" onClose={onClose} onClick={closeOutside}>
      <div>
        <header>
          <h2 id="photo-title">
            <ObjectKey name={key} />
          </h2>
          <button type="button" aria-label="Close" onClick={close}>
            ✕
          </button>
        </header>
        <p>
          <StatusBadge status={status} /> <span class="quiet">{milliseconds !== undefined && readableTime(milliseconds)}</span>{' '}
          {readableText(explanation(delivery))}
        </p>
        {failure && <p class="hint">{failure.hint}</p>}
        <Comparison delivery={delivery} />
        <Renditions delivery={delivery} />
        {isFinished(delivery) && status !== 'ignored' && (
          <div class="buttons">
            <CommandButton path={`/api/faults/duplicate?delivery=${id}`} label="Send its event again" />
            <CommandButton path={`/api/faults/late?delivery=${id}`} label="Send an older version’s event late" />
            <CommandButton path={`/api/faults/kill?delivery=${id}`} label="Upload it again and kill the worker" />
          </div>
        )}
        <LedgerRecord key={status} id={id} />
      </div>
    </dialog>
  );
}

function Comparison({ delivery: { id, key, image, outputs, kept } }: { delivery: Delivery }) {
  const placeholder = usePlaceholder(image?.thumbHash);
  if (!image) return undefined;
  const name = readableText(key);
  const before = kept && DISPLAYED_FORMATS.includes(image.format) ? `/api/deliveries/${id}/original` : undefined;
  const after = outputs.length > 0 ? `/api/deliveries/${id}/renditions/0` : undefined;
  const size = { width: image.width, height: image.height };
  if (before && after) {
    return (
      <div class="comparison">
        <img-comparison-slider role="group" aria-label="Before and after; arrow keys move the divider">
          <img slot="first" src={before} {...size} alt={`${name}, before`} />
          <img slot="second" src={after} {...size} alt={`${name}, after`} />
        </img-comparison-slider>
        <p class="quiet sides">
          <span>before</span>
          <span>after</span>
        </p>
      </div>
    );
  }
  if (after) {
    return (
      <>
        <img class="single" src={after} alt={`${name}, processed`} />
        <p class="quiet">The original cannot be shown: it was removed from memory, or browsers do not display its format.</p>
      </>
    );
  }
  if (before) return <img class="single" src={before} alt={name} />;
  return placeholder ? <img class="single" src={placeholder} alt={`Placeholder of ${name}`} /> : undefined;
}

function Renditions({ delivery: { id, bytes = 0, image, outputs } }: { delivery: Delivery }) {
  if (!image) return undefined;
  return (
    <Table label="Original and renditions" head={['File', 'Pixels', 'Format', 'Size', 'Saved']}>
      <tr>
        <th scope="row">Original</th>
        <td>{`${image.width} × ${image.height}`}</td>
        <td>{image.format.toUpperCase()}</td>
        <td>{readableBytes(bytes)}</td>
        <td>–</td>
      </tr>
      {outputs.map((output, index) => (
        <tr key={output.key}>
          <th scope="row">
            <a href={`/api/deliveries/${id}/renditions/${index}`} target="_blank" rel="noreferrer">
              <ObjectKey name={output.key} />
            </a>
          </th>
          <td>{`${output.width} × ${output.height}`}</td>
          <td>{output.format.toUpperCase()}</td>
          <td>{readableBytes(output.bytes)}</td>
          <td>{readableChange(bytes, output.bytes)}</td>
        </tr>
      ))}
    </Table>
  );
}

function LedgerRecord({ id }: { id: number }) {
  const [record, setRecord] = useState<Record<string, unknown>>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    fetchRecord(id).then(setRecord, ({ message }) => setProblem(message));
  }, [id]);
  if (problem) return <p role="alert">{problem}</p>;
  if (!record) return <p role="status">Reading the record …</p>;
  const fields = Object.entries(record).sort(([a], [b]) => a.localeCompare(b));
  if (fields.length === 0) return <p class="quiet">The table has no record of this photo.</p>;
  return (
    <div class="record">
      <h3>The record in DynamoDB</h3>
      <Table label="Record">
        {fields.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{readableText(typeof value === 'object' ? JSON.stringify(value) : String(value))}</td>
          </tr>
        ))}
      </Table>
    </div>
  );
}
