import { FAILURES } from '../../lambda-src/contract/outcome.ts';
import { readableText } from '../../local/ui/readable.ts';
import { describeState } from '../photos/photo-state.ts';
import { shellQuoted } from '../terminal/text.ts';
import type { Explanation } from './explanation.ts';

/** The conclusion about a photo. */
export interface Verdict {
  readonly sentence: string;
  /** Whether an operator has to act. */
  readonly attention: boolean;
  readonly nextStep?: string | undefined;
}

/** Decides what is wrong with a photo, if anything, and what to do about it. */
export function verdictOf(explanation: Explanation): Verdict {
  const { key, state, record } = explanation;
  switch (state) {
    case 'ignored':
      return {
        sentence: `The pipeline ignores this key: ${explanation.notTriggered}.`,
        attention: false,
        nextStep: 'Upload it under a key that matches the trigger, or change the setting `trigger` and deploy.',
      };
    case 'unknown':
      return unknown(explanation);
    case 'deleted':
      return deleted(explanation);
    case 'missing':
      if (!explanation.eventsSent) return withoutEvents(explanation);
  }
  const { sentence, attention, nextStep } = describeState(state);
  const failure = state === 'failed' && record?.failureCode ? FAILURES[record.failureCode] : undefined;
  return {
    sentence: failure === undefined ? sentence : `${sentence} ${failure.sentence}`,
    attention,
    nextStep: failure?.hint ?? nextStep?.({ functionName: explanation.function, bucket: explanation.bucket, key }),
  };
}

function unknown({ meant, function: name }: Explanation): Verdict {
  if (meant === undefined)
    return {
      sentence: 'There is no object and no record with this key.',
      attention: true,
      nextStep: 'Check the spelling: keys are case-sensitive and usually do not begin with a slash.',
    };
  return {
    sentence: `There is no object with this key, but "${readableText(meant)}" exists: the given key is encoded as in an event.`,
    attention: true,
    nextStep: `npm run pipeline -- explain ${shellQuoted(meant)} --function ${name}`,
  };
}

function deleted({ function: name, record, renditions, deletePropagation }: Explanation): Verdict {
  const remaining = renditions.filter(({ verdict }) => verdict !== 'missing');
  if (remaining.length === 0) return { sentence: `The photo was deleted; its record ("${record?.status}") remains.`, attention: false };
  if (!deletePropagation)
    return { sentence: 'The photo was deleted; its renditions stay, because `deletePropagation` is off.', attention: false };
  return {
    sentence: 'The photo was deleted, but its renditions still exist: the event of the deletion was lost or failed.',
    attention: true,
    nextStep: `If that event is in the dead-letter queue: npm run pipeline -- redrive --function ${name} --apply. Otherwise delete the renditions by hand.`,
  };
}

function withoutEvents({ key, function: name }: Explanation): Verdict {
  return {
    sentence: 'S3 sent no event: suffixes match in lower case, in upper case and capitalised, and this one is spelled differently.',
    attention: true,
    nextStep: `npm run pipeline -- backfill --function ${name} --prefix ${shellQuoted(key)} --apply`,
  };
}
