import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { renderToString } from 'preact-render-to-string';
import { FAILURES } from '../../lambda-src/contract/outcome.ts';
import type { Recipe } from '../../lambda-src/contract/recipe.ts';
import { Counters, Failure, Hero, Notifications, ObjectKey, Section, StatusBadge, Table } from '../ui/components.tsx';
import { plural, readableBytes, readableChange, readableText, readableTime, recipeInWords, statusInWords } from '../ui/readable.ts';
import { countByStatus, type PhotoResult, type Preview, type RunResult, weigh } from './run-result.ts';

/** Maximum number of pictures in a report. Other photos are listed in a table, so that a report on thousands still opens. */
export const MAX_PREVIEWS = 60;

/** Maximum number of notifications in a report. */
const MAX_MAILS = 20;

const STYLE_SHEETS = ['../ui/style.css', 'report.css'];

/** Renders the report on a run, for `report.html` in `folder`: one file that loads nothing and runs no script. */
export function renderReport(run: RunResult, recipe: Recipe, folder: string): string {
  const style = STYLE_SHEETS.map((path) => readFileSync(new URL(path, import.meta.url), 'utf8')).join('\n');
  const linkTo = (file: string): string => relative(folder, file).split(sep).map(encodeURIComponent).join('/');
  return `<!doctype html>\n${renderToString(<ReportPage run={run} recipe={recipe} style={style} linkTo={linkTo} />)}\n`;
}

/** Returns the path of an output file, relative to the report and encoded for a link. */
type LinkTo = (file: string) => string;

interface ReportProps {
  readonly run: RunResult;
  readonly recipe: Recipe;
  readonly style: string;
  readonly linkTo: LinkTo;
}

function ReportPage({ run, recipe, style, linkTo }: ReportProps) {
  const { photos, notifications } = run;
  const failed = photos.filter(({ status }) => status === 'failed' || status === 'deadLettered');
  const shown = photos.filter(({ status, preview }) => status === 'processed' && preview);
  const listed = photos.filter((photo) => !failed.includes(photo) && !shown.includes(photo));
  const mails = notifications.slice(0, MAX_MAILS);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={policyFor(style)} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`Image pipeline: ${headline(run)}`}</title>
        {/* The project's own style sheet, which must not be escaped. */}
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <Summary run={run} recipe={recipe} />
        <main>
          {failed.length > 0 && (
            <Section id="failures" title="Needs your attention" count={failed.length}>
              <div class="failures">{failed.map(failedPhoto)}</div>
            </Section>
          )}
          {shown.length > 0 && (
            <Section id="photos" title={weigh(shown).before > 0 ? 'Before and after' : 'Checked and recorded'} count={shown.length}>
              <div class="gallery">
                {shown.map((photo) => photo.preview && <PhotoCard photo={photo} preview={photo.preview} linkTo={linkTo} />)}
              </div>
            </Section>
          )}
          {listed.length > 0 && (
            <Section id="others" title={shown.length > 0 ? 'Other photos' : 'Photos'} count={listed.length}>
              <Table label="Photos without pictures" head={['Photo', 'Outcome', 'Before', 'After', 'Saved']}>
                {listed.map(photoRow)}
              </Table>
            </Section>
          )}
          {notifications.length > 0 && (
            <Section id="notifications" title="Notifications" count={notifications.length}>
              <Notifications mails={mails} more={notifications.length - mails.length} open />
            </Section>
          )}
        </main>
        <footer class="page">
          Written by the local pipeline. This page is one file that loads nothing, runs no script and sends nothing.
        </footer>
      </body>
    </html>
  );
}

/** Returns a policy that allows only the page's own style sheet and embedded pictures. */
function policyFor(style: string): string {
  const digest = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; img-src data:; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
}

function headline({ photos }: RunResult): string {
  const { processed } = countByStatus(photos);
  return processed === photos.length
    ? `${plural(processed, 'photo')} processed`
    : `${processed} of ${plural(photos.length, 'photo')} processed`;
}

function Summary({ run, recipe }: Pick<ReportProps, 'run' | 'recipe'>) {
  const { before, after } = weigh(run.photos);
  const { deadLettered, ...counts } = countByStatus(run.photos);
  const figures = Object.entries(deadLettered > 0 ? { ...counts, [statusInWords('deadLettered')]: deadLettered } : counts);
  return (
    <Hero>
      <p class="pill">{run.preset}</p>
      <h1>{headline(run)}</h1>
      <p>{`${recipeInWords(recipe)} The run took ${run.seconds.toFixed(1)} s on this machine.`}</p>
      {before > 0 && (
        <div class="savings">
          <strong>{readableChange(before, after)}</strong>
          <div>
            <span>{readableBytes(before)} uploaded</span>
            <Bar share={1} />
            <span>{readableBytes(after)} delivered</span>
            <Bar share={after / before} />
          </div>
        </div>
      )}
      <Counters figures={figures.map(([label, value]) => ({ label, value }))} />
    </Hero>
  );
}

/** A bar of a chart, drawn as SVG because the content security policy forbids inline styles. */
function Bar({ share }: { share: number }) {
  const width = Math.max(0.5, Math.min(100, share * 100)).toFixed(1);
  return (
    <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="4" />
      <rect class="share" width={width} height="4" />
    </svg>
  );
}

function failedPhoto({ failureCode, ...photo }: PhotoResult) {
  const picture = (
    <div class="no-picture" aria-hidden="true">
      ?
    </div>
  );
  return <Failure photo={{ ...photo, failure: failureCode && { code: failureCode, ...FAILURES[failureCode] } }} picture={picture} />;
}

function PhotoCard({ photo, preview, linkTo }: { photo: PhotoResult; preview: Preview; linkTo: LinkTo }) {
  const { key, outputs, bytes, milliseconds } = photo;
  const { picture } = preview;
  return (
    <article class="photo-card">
      <h3>
        <ObjectKey name={key} />
      </h3>
      <figure>
        {picture && <img src={picture.uri} width={picture.width} height={picture.height} alt={readableText(key)} decoding="async" />}
        <figcaption>
          <p>
            <b>{outputs.length > 0 ? 'Before' : 'Original'}</b>
            <Facts image={{ ...preview, bytes }} />
          </p>
          {outputs.map((output) => (
            <p>
              <a href={linkTo(output.file)}>
                <b>After</b>
              </a>
              <Facts image={output} />
            </p>
          ))}
        </figcaption>
      </figure>
      {outputs.map((output) => (
        <p class="saved">
          <strong>{readableChange(bytes, output.bytes)}</strong>
          <Bar share={output.bytes / bytes} />
        </p>
      ))}
      <ul class="changes">
        {changesTo(photo, preview).map((change) => (
          <li>{change}</li>
        ))}
        <li class="quiet">{readableTime(milliseconds)}</li>
      </ul>
    </article>
  );
}

function changesTo({ outputs }: PhotoResult, { width, height, changes }: Preview): readonly string[] {
  const isSizeKept = outputs.length > 0 && outputs.every((output) => output.width === width && output.height === height);
  return isSizeKept ? ['size kept', ...changes] : changes;
}

function Facts({ image: { width, height, format, bytes } }: { image: { width: number; height: number; format: string; bytes: number } }) {
  return (
    <>
      <span>{`${width} × ${height}`}</span>
      <span>{`${format.toUpperCase()} · ${readableBytes(bytes)}`}</span>
    </>
  );
}

function photoRow({ key, status, detail, bytes, outputs }: PhotoResult) {
  const after = outputs.reduce((sum, output) => sum + output.bytes, 0);
  return (
    <tr>
      <th scope="row">
        <ObjectKey name={key} />
      </th>
      <td>
        <StatusBadge status={status} /> {detail && readableText(detail)}
      </td>
      <td>{readableBytes(bytes)}</td>
      <td>{after > 0 ? readableBytes(after) : '–'}</td>
      <td>{after > 0 ? readableChange(bytes, after) : '–'}</td>
    </tr>
  );
}
