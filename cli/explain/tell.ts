import { FAILURES } from '../../lambda-src/contract/outcome.ts';
import { readableBytes, readableText } from '../../local/ui/readable.ts';
import { stateWords } from '../photos/photo-state.ts';
import type { StandingRendition } from '../photos/standing-renditions.ts';
import type { Paint } from '../terminal/paint.ts';
import { shellQuoted } from '../terminal/shell-quoted.ts';
import type { RecordedFacts, Story } from './story.ts';

/** What it comes down to. */
export interface Verdict {
  readonly sentence: string;
  readonly attention: boolean;
  readonly nextStep?: string | undefined;
}

/** The likely reason, and what to do about it. */
export function verdictOf(story: Story): Verdict {
  const { key, state, record, meant } = story;
  switch (state) {
    case 'ignored':
      return {
        sentence: `It is none of this pipeline's uploads: ${story.notTriggered}.`,
        attention: false,
        nextStep: 'Upload it under a key that the trigger takes, or change the setting `trigger` and deploy.',
      };
    case 'unknown':
      return meant === undefined
        ? { sentence: 'Nobody knows this key: nothing stands in the bucket and nothing is recorded.', attention: true, nextStep: CHECK_KEY }
        : {
            sentence: `Nothing stands under this key, but ${quoted(meant)} is there: the key was given as it is encoded in events.`,
            attention: true,
            nextStep: `npm run pipeline -- explain ${shellQuoted(meant)} --function ${story.function}`,
          };
    case 'deleted':
      return deleted(story);
    case 'missing':
      if (!story.eventsSent) return misspelled(story);
  }
  const { sentence, attention, nextStep } = stateWords(state);
  const failure = state === 'failed' && record?.failureCode ? FAILURES[record.failureCode] : undefined;
  return {
    sentence: failure === undefined ? sentence : `${sentence} ${failure.sentence}`,
    attention,
    nextStep: failure?.hint ?? nextStep?.({ functionName: story.function, bucket: story.bucket, key }),
  };
}

function deleted({ function: name, record, renditions, deletePropagation }: Story): Verdict {
  const remaining = renditions.filter(({ verdict }) => verdict !== 'missing');
  if (remaining.length === 0) return { sentence: `The photo was deleted; its record ("${record?.status}") remains.`, attention: false };
  if (!deletePropagation)
    return { sentence: 'The photo was deleted; its renditions stay, as `deletePropagation` is off.', attention: false };
  return {
    sentence: 'The photo was deleted, and its renditions still stand: the event of the deletion never came to an end.',
    attention: true,
    nextStep: `If that event is in the dead-letter queue: npm run pipeline -- redrive --function ${name} --apply. Otherwise delete the renditions by hand.`,
  };
}

const CHECK_KEY = 'Check the spelling; letters count as upper or lower case, and a key has no slash at its beginning.';

function misspelled({ key, function: name }: Story): Verdict {
  return {
    sentence: 'S3 never told of it: it knows each ending in lower case, in upper case and capitalised, and this is another spelling.',
    attention: true,
    nextStep: `npm run pipeline -- backfill --function ${name} --prefix ${shellQuoted(key)} --apply`,
  };
}

/** The whole story in plain words, a line for each thing that was asked. */
export function tell(story: Story, paint: Paint): string {
  const { sentence, attention, nextStep } = verdictOf(story);
  const lines = [
    row('Photo', `${quoted(story.key)} in bucket ${story.bucket}`),
    row('Trigger', triggerLine(story)),
    row('Original', originalLine(story)),
    row('Record', ...recordLines(story)),
    row('Renditions', ...renditionLines(story)),
    ...(attention ? [row('Dead letters', `${story.deadLetters} in the queue, of any photo`)] : []),
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

function triggerLine({ notTriggered, eventsSent }: Story): string {
  if (notTriggered !== undefined) return `does not take it: ${notTriggered}`;
  return eventsSent ? 'takes it' : 'takes it, but S3 sends no event for an ending spelled like this';
}

function originalLine({ original, toldAt }: Story): string {
  if (original === undefined) return 'does not stand in the bucket';
  const version = original.versionId === undefined ? '' : `, version ${original.versionId}`;
  return `${readableBytes(original.size)}${version}, uploaded ${moment(original.uploadedAt, toldAt)}`;
}

function recordLines({ record, original, toldAt }: Story): string[] {
  if (record === undefined) return ['there is none'];
  return [
    `${record.status}${record.processedAt ? ` ${moment(record.processedAt, toldAt)}` : ''}${record.message ? `; ${MESSAGES[record.message]}` : ''}`,
    ...(record.status === 'processing' ? [leaseLine(record, toldAt)] : []),
    ...(record.failureCode === undefined ? [] : [`${record.failureCode}: ${readableText(record.failureDetail ?? '')}`]),
    ...(record.backfillJob === undefined ? [] : [`by the backfill ${readableText(record.backfillJob)}`]),
    record.ofStandingVersion
      ? 'of the version that stands in the bucket'
      : `of ${original === undefined ? 'version' : 'another version:'} ${record.versionId ?? 'unknown'}`,
  ];
}

const MESSAGES = { sent: 'the message was sent', owed: 'the message is still owed', none: 'no message is due' } as const;

function leaseLine({ owner, leaseExpiresAt }: RecordedFacts, toldAt: number): string {
  if (leaseExpiresAt === undefined) return `given up by invocation ${owner}, free for any other`;
  const over = Date.parse(leaseExpiresAt) <= toldAt;
  return `claimed by invocation ${owner}; the claim ${over ? 'ran out' : 'holds until'} ${moment(leaseExpiresAt, toldAt)}`;
}

function renditionLines({ renditions, record }: Story): string[] {
  if (renditions.length === 0) return ['none are made'];
  const remaining = record?.status === 'failed' && record.renditionsVersionId !== undefined;
  return [
    ...renditions.map((rendition) => `${quoted(rendition.key)} ${renditionWords(rendition)}`),
    ...(remaining ? [`what stands remains of version ${record.renditionsVersionId}, the last that was processed`] : []),
  ];
}

function renditionWords({ verdict, madeFrom }: StandingRendition): string {
  return {
    current: 'stands, made from that version',
    missing: 'is not there',
    otherVersion: `stands, but was made from version ${madeFrom}`,
    otherRecipe: 'stands, made with other settings than those of now',
    foreign: 'stands, but was not written by this pipeline',
  }[verdict];
}

/** `2026-05-01 12:00:03 UTC (5 minutes ago)` */
function moment(iso: string, now: number): string {
  const seconds = Math.round((now - Date.parse(iso)) / 1000);
  const distance = inWords(Math.abs(seconds));
  return `${iso.slice(0, 19).replace('T', ' ')} UTC (${seconds < 0 ? `in ${distance}` : `${distance} ago`})`;
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

function inWords(seconds: number): string {
  const [name, length] = UNITS.find(([, length]) => seconds >= 2 * length) ?? ['second', 1];
  const count = Math.floor(seconds / length);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** On one line and in its place, whatever a key holds. */
function quoted(key: string): string {
  return `"${readableText(key)}"`;
}
