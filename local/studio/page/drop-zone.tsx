import { useState } from 'preact/hooks';
import { ObjectKey } from '../../ui/components.tsx';
import { readableBytes } from '../../ui/readable.ts';
import type { Snapshot } from '../studio.ts';
import { CommandButton } from './command-button.tsx';
import { chosenFiles, droppedFiles, type Uploads } from './uploads.ts';

type Target = Pick<Snapshot, 's3' | 'trigger' | 'maxBytes'>;

/** Where photos are dropped, chosen or generated, and how any S3 client uploads them. */
export function DropZone({ snapshot, uploads, isEmpty }: { snapshot: Target; uploads: Uploads; isEmpty: boolean }) {
  const [isOver, setOver] = useState(false);
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer) uploads.add(await droppedFiles(event.dataTransfer));
  };
  const dragOver = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    <section
      class={`drop card ${isOver ? 'over' : ''}`}
      aria-label="Upload"
      onDragOver={dragOver}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div>
        <h2>{isEmpty ? 'Drop your first photos here' : 'Drop more photos here'}</h2>
        <p class="quiet">{`Accepts ${triggerInWords(snapshot.trigger)}, up to ${readableBytes(snapshot.maxBytes)} each.`}</p>
        <div class="buttons">
          <FileInput id="files" label="Choose photos" isPrimary onChoose={uploads.add} />
          <FileInput id="folder" label="Choose a folder" isFolder onChoose={uploads.add} />
          <CommandButton path="/api/samples" label="Use sample photos" busyLabel="Generating samples …" />
        </div>
        {uploads.problems.length > 0 && (
          <ul class="problems" role="alert">
            {uploads.problems.map(({ key, reason }) => (
              <li key={key}>
                <ObjectKey name={key} /> could not be uploaded. {reason}
              </li>
            ))}
          </ul>
        )}
      </div>
      <Endpoint snapshot={snapshot} />
    </section>
  );
}

function triggerInWords({ prefix, suffixes }: Snapshot['trigger']): string {
  const files = suffixes.length === 0 ? 'every file' : `files that end with ${suffixes.join(', ')}`;
  return prefix === '' ? files : `${files} under ${prefix}`;
}

interface FileInputProps {
  readonly id: string;
  readonly label: string;
  readonly isFolder?: boolean;
  readonly isPrimary?: boolean;
  readonly onChoose: Uploads['add'];
}

function FileInput({ id, label, isFolder = false, isPrimary = false, onChoose }: FileInputProps) {
  const choose = (input: HTMLInputElement) => {
    onChoose(chosenFiles(input.files ?? []));
    // So that the same files can be chosen again, as new versions.
    input.value = '';
  };
  return (
    <span class="file-input">
      <input
        class="visually-hidden"
        type="file"
        id={id}
        multiple
        // Not standard, so Preact does not declare it, but every browser has it.
        {...{ webkitdirectory: isFolder }}
        onChange={({ currentTarget }) => choose(currentTarget)}
      />
      <label class={`button ${isPrimary ? 'primary' : ''}`} for={id}>
        {label}
      </label>
    </span>
  );
}

function Endpoint({ snapshot: { s3, trigger } }: { snapshot: Target }) {
  const [isCopied, setCopied] = useState(false);
  const command = `aws --endpoint-url ${s3.endpoint} s3 cp photo.jpg s3://${s3.uploadBucket}/${trigger.prefix}`;
  const copy = () =>
    navigator.clipboard.writeText(command).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <div class="endpoint">
      <h3>Or use any S3 client</h3>
      <code>{command}</code>
      <button type="button" onClick={copy}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
      <p class="quiet">Any credentials work, and so do SDKs, presigned URLs and multipart uploads.</p>
    </div>
  );
}
