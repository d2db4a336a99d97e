import { useState } from 'preact/hooks';
import { post } from '../api.js';
import { filesOf, named, upload } from '../uploads.js';
import { readableBytes, readableText, triggerInWords } from '../words.js';
import { html } from './html.js';

/** @import { Snapshot } from '../../studio.ts' */
/** @import { Uploads } from '../uploads.js' */

/**
 * Where photos come in: dropped, chosen, generated, or sent by any S3 client.
 * @param {{ snapshot: Snapshot, uploads: Uploads, empty: boolean }} props
 */
export function DropZone({ snapshot, uploads, empty }) {
  const [over, setOver] = useState(false);
  /** @param {DragEvent} event */
  const drop = async (event) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer) upload(await filesOf(event.dataTransfer));
  };
  /** @param {DragEvent} event */
  const dragOver = (event) => {
    event.preventDefault();
    setOver(true);
  };
  return html`<section class="drop card ${over ? 'over' : ''}" aria-label="Upload" onDragOver=${dragOver} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <div>
      <h2>${empty ? 'Drop your first photos here' : 'Drop more photos here'}</h2>
      <p class="quiet">Takes ${triggerInWords(snapshot.trigger)}; up to ${readableBytes(snapshot.maxBytes)} each.</p>
      <div class="buttons">
        <${Chooser} id="files" label="Choose photos" primary />
        <${Chooser} id="folder" label="Choose a folder" folder />
        <${SampleButton} />
      </div>
      <${Problems} problems=${uploads.problems} />
    </div>
    <${Endpoint} snapshot=${snapshot} />
  </section>`;
}

/** @param {{ id: string, label: string, folder?: boolean, primary?: boolean }} props */
function Chooser({ id, label, folder = false, primary = false }) {
  /** @param {{ currentTarget: HTMLInputElement }} event */
  const choose = ({ currentTarget }) => {
    upload(named(currentTarget.files ?? []));
    // The same files may be chosen again: that is a new version of each.
    currentTarget.value = '';
  };
  return html`<span class="chooser"><input class="unseen" type="file" id=${id} multiple webkitdirectory=${folder} onChange=${choose} /><label class="button ${primary ? 'primary' : ''}" for=${id}>${label}</label></span>`;
}

function SampleButton() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const send = async () => {
    setBusy(true);
    setProblem('');
    await post('/api/samples').catch((error) => setProblem(error.message));
    setBusy(false);
  };
  return html`<button type="button" disabled=${busy} onClick=${send}>${busy ? 'Painting samples …' : 'Use sample photos'}</button>
    ${problem && html`<span role="alert">${problem}</span>`}`;
}

/** @param {Pick<Uploads, 'problems'>} props */
function Problems({ problems }) {
  if (problems.length === 0) return undefined;
  return html`<ul class="problems" role="alert">${problems.map(
    ({ key, reason }) => html`<li key=${key}><bdi>${readableText(key)}</bdi> could not be uploaded. ${reason}</li>`,
  )}</ul>`;
}

/** @param {{ snapshot: Snapshot }} props */
function Endpoint({ snapshot: { s3, trigger } }) {
  const [copied, setCopied] = useState(false);
  const command = `aws --endpoint-url ${s3.endpoint} s3 cp photo.jpg s3://${s3.uploadBucket}/${trigger.prefix}`;
  const copy = async () => {
    await navigator.clipboard.writeText(command).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return html`<div class="endpoint">
    <h3>Or with any S3 client</h3>
    <code tabindex="0" role="region" aria-label="Command that uploads a photo">${command}</code>
    <button type="button" onClick=${copy}>${copied ? 'Copied' : 'Copy'}</button>
    <p class="quiet">Any credentials do. SDKs, presigned URLs and multipart uploads work, too.</p>
  </div>`;
}
