import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import type { LedgerRecord, ObjectHead } from '../../lambda-src/ports.ts';
import { shellQuoted } from '../terminal/shell-quoted.ts';

/** Where a photo is named in what an operator is told to do. */
interface Place {
  readonly functionName: string;
  readonly bucket: string;
  /** Absent when many photos are meant. */
  readonly key?: string;
}

interface StateWords {
  /** For a table. */
  readonly label: string;
  /** What is the matter, for anyone. */
  readonly sentence: string;
  /** Whether an operator has to do something. */
  readonly attention: boolean;
  /** Whether a backfill would process the photo. */
  readonly backfill: boolean;
  /** What to do, or where to look. */
  readonly nextStep?: (place: Place) => string;
}

const backfillCommand = ({ functionName, key }: Place): string =>
  `npm run pipeline -- backfill --function ${functionName}${key === undefined ? '' : ` --prefix ${shellQuoted(key)}`} --apply`;

const redriveOrBackfill = (place: Place): string =>
  `If its event is in the dead-letter queue (npm run pipeline -- redrive --function ${place.functionName} lists it), add --apply there. ` +
  `Otherwise: ${backfillCommand(place)}, which announces nothing.`;

/** An in-place copy makes a new version, and with it a new event. */
const copyOntoItself = ({ bucket, key = 'KEY' }: Place): string => {
  const url = shellQuoted(`s3://${bucket}/${key}`);
  return `Copy the photo onto itself, which makes a new version with an event of its own: aws s3 cp ${url} ${url} --sse AES256`;
};

/** The states a photo can be in whose key the trigger asks for and which stands in the bucket; closed. */
const PHOTO_STATES = {
  processed: {
    label: 'processed',
    sentence: 'It is processed, and the record is of what stands in the bucket.',
    attention: false,
    backfill: false,
  },
  failed: {
    label: 'failed',
    sentence: 'It failed by its own fault; that is recorded.',
    attention: false,
    backfill: true,
  },
  otherRecipe: {
    label: 'other settings',
    sentence: 'It was processed with other settings than the function has now.',
    attention: false,
    backfill: true,
    nextStep: (place) => `To make the renditions anew: ${backfillCommand(place)}`,
  },
  inProgress: {
    label: 'in progress',
    sentence: 'An invocation is working on it.',
    attention: false,
    backfill: false,
    nextStep: () => 'Ask again in a minute.',
  },
  arriving: {
    label: 'arriving',
    sentence: 'It was uploaded moments ago; its event may still be on its way.',
    attention: false,
    backfill: true,
    nextStep: () => 'Ask again in a minute.',
  },
  newVersion: {
    label: 'new version',
    sentence: 'A new version was uploaded moments ago; its event may still be on its way.',
    attention: false,
    backfill: false,
    nextStep: () => 'Ask again in a minute.',
  },
  retrying: {
    label: 'being retried',
    sentence: 'An attempt ended without a result; Lambda tries again after one and after two minutes.',
    attention: false,
    backfill: false,
    nextStep: () => 'Ask again in some minutes.',
  },
  missing: {
    label: 'no record',
    sentence: 'Nothing is recorded: its event never arrived, or never came to an end.',
    attention: true,
    backfill: true,
    nextStep: redriveOrBackfill,
  },
  abandoned: {
    label: 'abandoned',
    sentence: 'Work on it began and never ended; the claim has run out and nobody is working on it.',
    attention: true,
    backfill: true,
    nextStep: redriveOrBackfill,
  },
  withdrawn: {
    label: 'record withdrawn',
    sentence: 'The record says that it was replaced or deleted, and yet it stands there.',
    attention: true,
    backfill: true,
    nextStep: redriveOrBackfill,
  },
  unannounced: {
    label: 'unannounced',
    sentence: 'The result is recorded, but nobody was told: the message was not sent.',
    attention: true,
    backfill: false,
    nextStep: ({ functionName }) =>
      `Redrive its event: npm run pipeline -- redrive --function ${functionName} --apply sends the message and renders nothing again.`,
  },
  otherVersion: {
    label: 'other version',
    sentence: 'The record describes another version than the current one: the event of the newest upload was lost or failed.',
    attention: true,
    backfill: true,
    nextStep: redriveOrBackfill,
  },
  renditions: {
    label: 'renditions',
    sentence: 'It is recorded as processed, but a rendition is missing or of another version.',
    attention: true,
    backfill: false,
    nextStep: copyOntoItself,
  },
} as const satisfies Record<string, StateWords>;

export type PhotoState = keyof typeof PHOTO_STATES;
export const PHOTO_STATE_NAMES = Object.keys(PHOTO_STATES) as PhotoState[];

/** The words for a state, seen without its own literal type. */
export function stateWords(state: PhotoState): StateWords {
  return PHOTO_STATES[state];
}

/** Lambda's two retries come after about one and two minutes, each after an invocation that may have run into its timeout. */
const RETRIES_MILLISECONDS = 5 * 60_000;

/** What a state is told by, apart from the photo itself. */
export interface Circumstances {
  /** The function's recipe. */
  readonly recipeHash: string;
  readonly leaseSeconds: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Tells the state of a photo from what stands in the bucket and what the ledger says. */
export function photoState(
  standing: Omit<ObjectHead, 'size'>,
  record: LedgerRecord | undefined,
  { recipeHash, leaseSeconds, now }: Circumstances,
): PhotoState {
  const age = now - standing.lastModified.getTime();
  const justUploaded = age < leaseSeconds * 1000;
  const mayBeRetried = age < leaseSeconds * 3000 + RETRIES_MILLISECONDS;
  if (record === undefined) return justUploaded ? 'arriving' : 'missing';
  const isHeld = record.leaseExpiresAt > now;
  const goesOn = isHeld ? 'inProgress' : mayBeRetried ? 'retrying' : undefined;
  if (record.status === 'processing') return goesOn ?? 'abandoned';
  if (!isOfSameUpload(record, standing)) return justUploaded ? 'newVersion' : 'otherVersion';
  if (record.status === 'superseded' || record.status === 'gone') return justUploaded ? 'newVersion' : 'withdrawn';
  if (!record.notified) return goesOn ?? 'unannounced';
  if (record.status === 'failed') return 'failed';
  return record.recipeHash === recipeHash ? 'processed' : 'otherRecipe';
}

/** By version where both are known; a listing knows none, and then the digest of the bytes decides. */
export function isOfSameUpload(
  record: Pick<LedgerRecord, 'versionId' | 'etag'>,
  standing: { readonly versionId?: string | undefined; readonly etag: string },
): boolean {
  if (record.versionId !== undefined && standing.versionId !== undefined) return record.versionId === standing.versionId;
  return record.etag === undefined || record.etag === standing.etag;
}

/** The code of a failed photo. */
export function failureCodeOf(effect: LedgerRecord['effect']): FailureCode | undefined {
  return effect?.status === 'failed' ? effect.failureCode : undefined;
}
