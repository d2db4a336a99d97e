import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import type { LedgerRecord } from '../../lambda-src/ports.ts';
import type { PhotoState } from '../../lambda-src/reconcile/photo-state.ts';
import { shellQuoted } from '../terminal/text.ts';

/** Where a photo is, for the commands of a next step. */
interface Place {
  readonly functionName: string;
  readonly bucket: string;
  /** Absent if the step is for many photos. */
  readonly key?: string;
}

interface StateDescription {
  /** For a table. */
  readonly label: string;
  readonly sentence: string;
  /** Whether an operator has to act. */
  readonly attention: boolean;
  /** Whether a backfill processes photos in this state. */
  readonly backfill: boolean;
  readonly nextStep?: (place: Place) => string;
}

const backfillCommand = ({ functionName, key }: Place): string =>
  `npm run pipeline -- backfill --function ${functionName}${key === undefined ? '' : ` --prefix ${shellQuoted(key)}`} --apply`;

const fixCommand = ({ functionName, key }: Place): string =>
  `npm run pipeline -- audit --function ${functionName}${key === undefined ? '' : ` --prefix ${shellQuoted(key)}`} --fix`;

const redriveOrFix = (place: Place): string =>
  `If its event is in the dead-letter queue (npm run pipeline -- redrive --function ${place.functionName} lists it), redrive it with --apply. ` +
  `Otherwise: ${fixCommand(place)}. It also sends the notification that is due.`;

/** A copy in place creates a new version, and with it a new event. */
const copyOntoItself = ({ bucket, key = 'KEY' }: Place): string => {
  const url = shellQuoted(`s3://${bucket}/${key}`);
  return `Copy the photo onto itself, which creates a new version and a new event: aws s3 cp ${url} ${url} --sse AES256`;
};

/** Every state of a photo that is in the upload bucket and matches the trigger. */
const DESCRIPTIONS: Readonly<Record<PhotoState, StateDescription>> = {
  processed: {
    label: 'processed',
    sentence: 'It is processed, and the record describes the current version.',
    attention: false,
    backfill: false,
  },
  failed: {
    label: 'failed',
    sentence: 'The image itself is at fault; the failure is recorded.',
    attention: false,
    backfill: true,
  },
  otherRecipe: {
    label: 'other settings',
    sentence: 'It was processed with settings that have changed since.',
    attention: false,
    backfill: true,
    nextStep: (place) => `To render it again: ${backfillCommand(place)}`,
  },
  inProgress: {
    label: 'in progress',
    sentence: 'An invocation is working on it.',
    attention: false,
    backfill: false,
    nextStep: () => 'Check again in a minute.',
  },
  arriving: {
    label: 'arriving',
    sentence: 'It was uploaded moments ago; its event may still be on the way.',
    attention: false,
    backfill: true,
    nextStep: () => 'Check again in a minute.',
  },
  newVersion: {
    label: 'new version',
    sentence: 'A new version was uploaded moments ago; its event may still be on the way.',
    attention: false,
    backfill: false,
    nextStep: () => 'Check again in a minute.',
  },
  retrying: {
    label: 'being retried',
    sentence: 'An attempt ended without a result; Lambda retries after one minute and again after two.',
    attention: false,
    backfill: false,
    nextStep: () => 'Check again in a few minutes.',
  },
  missing: {
    label: 'no record',
    sentence: 'It has no record: its event was lost, or every attempt failed.',
    attention: true,
    backfill: true,
    nextStep: redriveOrFix,
  },
  abandoned: {
    label: 'abandoned',
    sentence: 'An invocation claimed it and never finished; the claim has expired and no other invocation has taken over.',
    attention: true,
    backfill: true,
    nextStep: redriveOrFix,
  },
  withdrawn: {
    label: 'record withdrawn',
    sentence: 'The record says that it was replaced or deleted, but it is in the bucket.',
    attention: true,
    backfill: true,
    nextStep: redriveOrFix,
  },
  unannounced: {
    label: 'unannounced',
    sentence: 'The result is recorded, but its message was not sent.',
    attention: true,
    backfill: false,
    nextStep: ({ functionName }) =>
      `Redrive its event, which sends the message without rendering again: npm run pipeline -- redrive --function ${functionName} --apply. ` +
      `If the event is lost: npm run pipeline -- audit --function ${functionName} --fix`,
  },
  otherVersion: {
    label: 'other version',
    sentence: 'The record describes an older version: the event of the newest upload was lost or failed.',
    attention: true,
    backfill: true,
    nextStep: redriveOrFix,
  },
  renditions: {
    label: 'renditions',
    sentence: 'It is recorded as processed, but a rendition is missing or belongs to another version.',
    attention: true,
    backfill: false,
    nextStep: copyOntoItself,
  },
};

/** Returns the description of a state. */
export function describeState(state: PhotoState): StateDescription {
  return DESCRIPTIONS[state];
}

/** Returns the failure code of an effect; undefined unless it failed. */
export function failureCodeOf(effect: LedgerRecord['effect']): FailureCode | undefined {
  return effect?.status === 'failed' ? effect.failureCode : undefined;
}
