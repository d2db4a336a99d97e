import { styleText } from 'node:util';
import Table from 'cli-table3';
import { FAILURES, OUTCOME_STATUSES } from '../../lambda-src/contract/outcome.ts';
import { countByStatus, type PhotoResult, type RunResult, weigh } from '../../local/run/run-result.ts';
import { readableBytes, readableChange, readableName, readableText, statusInWords } from '../../local/ui/readable.ts';
import { counted } from '../terminal/text.ts';

/** Returns the document that `--json` prints. Scripts depend on its fields; `deadLettered` is present only if it is not 0. */
export function runDocument({ preset, photos, notifications, seconds }: RunResult): object {
  const { deadLettered, ...counts } = countByStatus(photos);
  const summary = Object.fromEntries(OUTCOME_STATUSES.map((status) => [status, counts[status]]));
  return {
    preset,
    summary: { ...summary, ...(deadLettered > 0 ? { deadLettered } : {}), seconds },
    images: photos.map(imageDocument),
    notifications,
  };
}

function imageDocument({ key, status, failureCode, detail, outputs, milliseconds }: PhotoResult): object {
  return { key, status, failureCode, detail, outputs, milliseconds };
}

/** Maximum rows of the table, and maximum reasons; the report has all of them. */
const MAX_ROWS = 40;

/** Returns the outcomes as text: a table, the reasons of failures, and five lines that sum up. */
export function summarize(run: RunResult, report: string | undefined, colours: boolean): string {
  const paint: Paint = colours ? (status, text) => styleText(COLOURS[status], text, { validateStream: false }) : (_, text) => text;
  return [outcomeTable(run.photos, report !== undefined, paint), ...reasons(run.photos), '', ...summaryLines(run, report, paint), ''].join(
    '\n',
  );
}

/** Returns a message if the pipeline itself failed for some photos; undefined if it did not. */
export function faultOf(photos: readonly PhotoResult[]): string | undefined {
  const lost = photos.filter(({ status }) => status === 'deadLettered');
  const [first] = lost;
  return (
    first &&
    `The pipeline failed for ${lost.length} of ${photos.length} photos: every attempt ended with an error, and the events are in the ` +
      `dead-letter queue. The photos are not at fault. The first was ${readableName(first.key, 60)}: ${readableText(first.detail ?? 'no reason given')}`
  );
}

type Paint = (status: PhotoResult['status'], text: string) => string;

const COLOURS = {
  processed: 'green',
  failed: 'red',
  deadLettered: 'red',
  duplicate: 'yellow',
  superseded: 'yellow',
  gone: 'yellow',
  ignored: 'yellow',
} as const satisfies Record<PhotoResult['status'], string>;

/** In a table that is cut, photos that were not processed come first. */
function outcomeTable(photos: readonly PhotoResult[], hasReport: boolean, paint: Paint): string {
  const table = new Table({
    head: ['photo', 'outcome', 'before', 'after', 'saved', 'ms'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  table.push(...(photos.length > MAX_ROWS ? unusualFirst(photos) : photos).slice(0, MAX_ROWS).map((photo) => tableRow(photo, paint)));
  const left = photos.length - MAX_ROWS;
  return left > 0 ? `${table}\n… and ${left} more${hasReport ? ' in the report' : ''}` : table.toString();
}

function unusualFirst(photos: readonly PhotoResult[]): PhotoResult[] {
  return photos.toSorted((a, b) => Number(a.status === 'processed') - Number(b.status === 'processed'));
}

function tableRow({ key, status, bytes, outputs, milliseconds }: PhotoResult, paint: Paint): string[] {
  const after = outputs.reduce((sum, output) => sum + output.bytes, 0);
  const sizes = after > 0 ? [readableBytes(after), readableChange(bytes, after)] : ['', ''];
  return [readableName(key, 40), paint(status, statusInWords(status)), readableBytes(bytes), ...sizes, String(milliseconds)];
}

function reasons(photos: readonly PhotoResult[]): string[] {
  return photos
    .filter(({ status }) => status !== 'processed')
    .slice(0, MAX_ROWS)
    .map((photo) => `${readableName(photo.key, 60)}: ${reason(photo)}`);
}

function reason({ status, failureCode, detail }: PhotoResult): string {
  const shown = readableText(detail ?? statusInWords(status));
  return failureCode ? `${failureCode}. ${FAILURES[failureCode].sentence} ${FAILURES[failureCode].hint} Detail: ${shown}` : shown;
}

function summaryLines({ photos, seconds, notifications }: RunResult, report: string | undefined, paint: Paint): string[] {
  const { before, after } = weigh(photos);
  return [
    counts(photos, paint),
    before > 0
      ? `${readableBytes(before)} → ${readableBytes(after)} (${readableChange(before, after)})`
      : `nothing rendered${photos.some(({ status }) => status === 'processed') ? ': the preset has no renditions' : ''}`,
    `${seconds.toFixed(1)} seconds, ${(photos.length / seconds).toFixed(1)} photos a second`,
    `${counted(notifications.length, 'notification')} would have been mailed`,
    ...(report === undefined ? [] : [`Report: ${report}`]),
  ];
}

function counts(photos: readonly PhotoResult[], paint: Paint): string {
  const { processed, failed, ...others } = countByStatus(photos);
  const unusual = Object.entries(others).filter(([, count]) => count > 0);
  return [
    paint('processed', `processed ${processed}`),
    failed > 0 ? paint('failed', `failed ${failed}`) : 'failed 0',
    ...unusual.map(([status, count]) => `${status} ${count}`),
  ].join(' · ');
}
