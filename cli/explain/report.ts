import { readableBytes, readableText } from '../../local/ui/readable.ts';
import type { CheckedRendition } from '../photos/renditions.ts';
import type { Paint } from '../terminal/text.ts';
import type { Explanation, RecordedFacts } from './explanation.ts';
import { verdictOf } from './verdict.ts';

/** Returns an explanation as text: a row for each fact, then the verdict. */
export function explanationText(explanation: Explanation, paint: Paint): string {
  const { sentence, attention, nextStep } = verdictOf(explanation);
  const lines = [
    row('Photo', `${quoted(explanation.key)} in bucket ${explanation.bucket}`),
    row('Trigger', triggerLine(explanation)),
    row('Original', originalLine(explanation)),
    row('Record', ...recordLines(explanation)),
    row('Renditions', ...renditionLines(explanation)),
    ...(explanation.quarantined === undefined
      ? []
      : [row('Quarantine', `${quoted(explanation.quarantined)} is a copy of a version that failed`)]),
    ...(attention ? [row('Dead letters', `${explanation.deadLetters} in the queue, of any photo`)] : []),
    '',
    attention ? paint('red', sentence) : sentence,
    ...(nextStep === undefined ? [] : [`Next step: ${nextStep}`]),
  ];
  return `${lines.join('\n')}\n`;
}

const LABEL_WIDTH = 14;

function row(label: string, ...lines: readonly string[]): string {
  return lines.map((line, index) => (index === 0 ? label : '').padEnd(LABEL_WIDTH) + line).join('\n');
}

function triggerLine({ notTriggered, eventsSent }: Explanation): string {
  if (notTriggered !== undefined) return `does not match: ${notTriggered}`;
  return eventsSent ? 'matches' : 'matches, but S3 sends no event for a suffix in this spelling';
}

function originalLine({ original, toldAt }: Explanation): string {
  if (original === undefined) return 'not in the bucket';
  const version = original.versionId === undefined ? '' : `, version ${original.versionId}`;
  return `${readableBytes(original.size)}${version}, uploaded ${timeAndAge(original.uploadedAt, toldAt)}`;
}

function recordLines({ record, original, toldAt }: Explanation): string[] {
  if (record === undefined) return ['none'];
  return [
    `${record.status}${record.processedAt ? ` ${timeAndAge(record.processedAt, toldAt)}` : ''}${record.message ? `; ${MESSAGES[record.message]}` : ''}`,
    ...(record.status === 'processing' ? [claimLine(record, toldAt)] : []),
    ...(record.failureCode === undefined ? [] : [`${record.failureCode}: ${readableText(record.failureDetail ?? '')}`]),
    ...(record.backfillJob === undefined ? [] : [`by the backfill ${readableText(record.backfillJob)}`]),
    record.ofStandingVersion
      ? 'of the current version'
      : `of ${original === undefined ? 'version' : 'another version:'} ${record.versionId ?? 'unknown'}`,
  ];
}

const MESSAGES = { sent: 'the message was sent', owed: 'the message was not sent yet', none: 'no message is due' } as const;

function claimLine({ owner, leaseExpiresAt }: RecordedFacts, now: number): string {
  if (leaseExpiresAt === undefined) return `given up by invocation ${owner}; any other may claim it`;
  const isOver = Date.parse(leaseExpiresAt) <= now;
  return `claimed by invocation ${owner}; the claim ${isOver ? 'expired' : 'holds until'} ${timeAndAge(leaseExpiresAt, now)}`;
}

function renditionLines({ renditions, record }: Explanation): string[] {
  if (renditions.length === 0) return ['none configured'];
  const areOlder = record?.status === 'failed' && record.renditionsVersionId !== undefined;
  return [
    ...renditions.map((rendition) => `${quoted(rendition.key)} ${renditionDescription(rendition)}`),
    ...(areOlder ? [`those that exist belong to version ${record.renditionsVersionId}, the last that was processed`] : []),
  ];
}

function renditionDescription({ verdict, madeFrom }: CheckedRendition): string {
  return {
    current: 'exists, made from this version',
    missing: 'is missing',
    otherVersion: `exists, but was made from version ${madeFrom}`,
    otherRecipe: 'exists, but was made with settings that have changed since',
    foreign: 'exists, but was not written by this pipeline',
  }[verdict];
}

/** Returns `2026-05-01 12:00:03 UTC (5 minutes ago)`. */
function timeAndAge(iso: string, now: number): string {
  const seconds = Math.round((now - Date.parse(iso)) / 1000);
  const distance = duration(Math.abs(seconds));
  return `${iso.slice(0, 19).replace('T', ' ')} UTC (${seconds < 0 ? `in ${distance}` : `${distance} ago`})`;
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

function duration(seconds: number): string {
  const [name, length] = UNITS.find(([, length]) => seconds >= 2 * length) ?? ['second', 1];
  const count = Math.floor(seconds / length);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

function quoted(key: string): string {
  return `"${readableText(key)}"`;
}
