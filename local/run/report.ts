import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { FAILURES } from '../../lambda-src/contract/outcome.ts';
import type { Recipe } from '../../lambda-src/contract/recipe.ts';
import type { LocalPipelineNotification } from '../local-pipeline.ts';
import { type Html, html, trusted } from './html.ts';
import { readableBytes, readableChange, readableText } from './readable.ts';
import {
  countByStatus,
  type OutputFile,
  type PhotoResult,
  type Preview,
  type PreviewPicture,
  type RunResult,
  weigh,
} from './run-result.ts';

/** How many photos a report shows as pictures; the others stand in a table, so that a report of thousands can be opened. */
export const MAX_PREVIEWS = 60;

/** How many notifications a report shows. */
const MAX_MAILS = 20;

/** What the studio's page has as well, and the report's own. */
const STYLES = ['../studio/page/style/document.css', './report.css'];

/** A report on one run, to be written as `report.html` into `folder`: one file that loads nothing and runs no script. */
export function renderReport(run: RunResult, recipe: Recipe, folder: string): string {
  const style = STYLES.map((file) => readFileSync(new URL(file, import.meta.url), 'utf8')).join('');
  const failed = run.photos.filter(({ status }) => status === 'failed' || status === 'deadLettered');
  const processed = run.photos.filter(({ status }) => status === 'processed');
  const shown = processed.filter(({ preview }) => preview);
  const listed = run.photos.filter((photo) => !failed.includes(photo) && !shown.includes(photo));
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyFor(style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Image pipeline: ${headline(run)}</title>
<style>${trusted(style)}</style>
<body>
${hero(run, recipe)}
<main>
${section('Needs your attention', failed, (photos) => html`<div class="failures">${photos.map(failure)}</div>`)}
${section(shown.some(({ outputs }) => outputs.length > 0) ? 'Before and after' : 'Checked and recorded', shown, (photos) => html`<div class="gallery">${photos.map((photo) => card(photo, folder))}</div>`)}
${section(shown.length > 0 ? 'And these' : 'Photos', listed, table)}
${section('Notifications', run.notifications, mailbox)}
</main>
<footer class="page">Written by the local pipeline. This page is one file: it loads nothing, runs no script and tells nobody.</footer>
`.toString();
}

/** Nothing is allowed but the page's own style and the pictures inside it. */
function policyFor(style: string): string {
  const digest = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; img-src data:; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
}

function section<Item>(title: string, items: readonly Item[], body: (items: readonly Item[]) => Html): Html | undefined {
  return items.length === 0 ? undefined : html`<section><h2>${title} <small>${items.length}</small></h2>${body(items)}</section>`;
}

function headline({ photos }: RunResult): string {
  const { processed } = countByStatus(photos);
  return processed === photos.length
    ? `${plural(processed, 'photo')} processed`
    : `${processed} of ${plural(photos.length, 'photo')} processed`;
}

function hero(run: RunResult, recipe: Recipe): Html {
  const { before, after } = weigh(run.photos);
  return html`<header class="hero"><div>
<p class="preset">${run.preset}</p>
<h1>${headline(run)}</h1>
<p class="recipe">${recipeInWords(recipe)} · ${run.seconds.toFixed(1)} s on this machine</p>
${before > 0 ? savings(before, after) : undefined}
<dl class="counters">${Object.entries(countByStatus(run.photos))
    .filter(([status, count]) => status !== 'deadLettered' || count > 0)
    .map(
      ([status, count]) =>
        html`<div class="${status}${count === 0 ? ' none' : ''}"><dt>${statusInWords(status)}</dt><dd>${count}</dd></div>`,
    )}</dl>
</div></header>`;
}

function savings(before: number, after: number): Html {
  return html`<div class="savings">
<strong>${readableChange(before, after)}</strong>
<div><span>${readableBytes(before)} uploaded</span>${bar(1)}<span>${readableBytes(after)} delivered</span>${bar(after / before)}</div>
</div>`;
}

/** Drawn as SVG, because the policy forbids inline styles. */
function bar(share: number): Html {
  const width = Math.max(0.5, Math.min(100, share * 100)).toFixed(1);
  return html`<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="value" width="${width}" height="4"/></svg>`;
}

function recipeInWords({ renditions }: Recipe): string {
  if (renditions.length === 0) return 'Every upload is checked and recorded';
  return renditions
    .map(
      ({ name, fit, width, height, format, quality }) => `${name}: ${fit} ${width} × ${height}, ${format.toUpperCase()} quality ${quality}`,
    )
    .join(' · ');
}

function failure({ key, status, failureCode, detail, bytes }: PhotoResult): Html {
  const known = failureCode && FAILURES[failureCode];
  return html`<article class="failure">
<div class="no-picture" aria-hidden="true">?</div>
<div><h3>${name(key)} <span class="badge ${status}">${failureCode ?? statusInWords(status)}</span></h3>
<p>${known?.sentence ?? 'The pipeline itself failed, not the photo: every attempt ended with an error, and the event waits in the dead-letter queue.'}</p>
${known ? html`<p class="hint">${known.hint}</p>` : undefined}
<p class="detail">${readableBytes(bytes)}${detail ? ` · ${readableText(detail)}` : ''}</p></div>
</article>`;
}

function card(photo: PhotoResult, folder: string): Html {
  const { key, preview, outputs, bytes, milliseconds } = photo;
  if (!preview) return html``;
  return html`<article class="card">
<h3>${name(key)}</h3>
<figure>${preview.picture ? picture(preview.picture, readableText(key)) : undefined}<figcaption>
<p><b>${outputs.length > 0 ? 'Before' : 'Original'}</b>${facts(preview, preview.format, bytes)}</p>
${outputs.map((output) => outputCaption(output, folder))}</figcaption></figure>
${outputs.map((output) => html`<p class="saved"><strong>${readableChange(bytes, output.bytes)}</strong>${bar(output.bytes / bytes)}</p>`)}
<ul class="changes">${changes(photo, preview).map((change) => html`<li>${change}</li>`)}<li class="quiet">${milliseconds} ms</li></ul>
</article>`;
}

function outputCaption(output: OutputFile, folder: string): Html {
  const link = relative(folder, output.file).split(sep).map(encodeURIComponent).join('/');
  return html`<p><a href="${link}"><b>After</b></a>${facts(output, output.format, output.bytes)}</p>`;
}

function facts({ width, height }: { width: number; height: number }, format: string, bytes: number): Html {
  return html` <span>${width} × ${height}</span> <span>${format.toUpperCase()} · ${readableBytes(bytes)}</span>`;
}

function changes({ outputs }: PhotoResult, preview: Preview): string[] {
  const enlarged = outputs.every(({ width, height }) => width === preview.width && height === preview.height);
  return [...(outputs.length > 0 && enlarged ? ['size kept'] : []), ...preview.changes];
}

function picture({ uri, width, height }: PreviewPicture, description: string): Html {
  return html`<img src="${uri}" width="${width}" height="${height}" alt="${description}" decoding="async">`;
}

function table(photos: readonly PhotoResult[]): Html {
  return html`<div class="table" tabindex="0" role="region" aria-label="Photos without pictures"><table>
<thead><tr><th scope="col">Photo</th><th scope="col">Outcome</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">Saved</th></tr></thead>
<tbody>${photos.map(row)}</tbody></table></div>`;
}

function row({ key, status, detail, bytes, outputs }: PhotoResult): Html {
  const after = outputs.reduce((sum, output) => sum + output.bytes, 0);
  return html`<tr><th scope="row">${name(key)}</th><td><span class="badge ${status}">${statusInWords(status)}</span> ${detail && readableText(detail)}</td>
<td>${readableBytes(bytes)}</td><td>${after > 0 ? readableBytes(after) : '–'}</td><td>${after > 0 ? readableChange(bytes, after) : '–'}</td></tr>`;
}

function mailbox(mails: readonly LocalPipelineNotification[]): Html {
  const left = mails.length - MAX_MAILS;
  return html`<div class="mails">${mails.slice(0, MAX_MAILS).map(mail)}${left > 0 ? html`<p>… and ${left} more like these.</p>` : undefined}</div>`;
}

function mail({ subject, message }: LocalPipelineNotification): Html {
  return html`<article class="mail"><h3>${readableText(subject)}</h3><pre>${readableLines(message)}</pre></article>`;
}

const readableLines = (text: string): string => text.split('\n').map(readableText).join('\n');

/** A key on the page: isolated, so that a right-to-left name does not turn its surroundings around. */
function name(key: string): Html {
  return html`<bdi>${readableText(key)}</bdi>`;
}

const statusInWords = (status: string): string => (status === 'deadLettered' ? 'dead letter' : status);

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
