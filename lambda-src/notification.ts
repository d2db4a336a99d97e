import { FAILURES } from './contract/outcome.ts';
import type { Effect, Notification } from './ports.ts';

/** SNS requires subjects in ASCII, under 100 characters, without line breaks (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html). */
const MAX_SUBJECT = 99;

/** Writes the message about one image: what was done, or why it failed and what to do next. */
export function imageNotification(effect: Effect, preset: string): Notification {
  return effect.status === 'processed' ? success(effect, preset) : failure(effect, preset);
}

function success(effect: Extract<Effect, { status: 'processed' }>, preset: string): Notification {
  const { image, renditions } = effect;
  return {
    subject: subject(`Image processed: ${effect.key}`),
    message: lines([
      `Processed ${quoted(effect.key)} in bucket ${effect.bucket}.`,
      '',
      `Original: ${effect.size} bytes, ${image.width}x${image.height} ${image.format}`,
      ...renditions.map(
        ({ name, key, bytes, width, height, format }) => `${name}: ${bytes} bytes, ${width}x${height} ${format}, ${quoted(key)}`,
      ),
      ...timestamps(effect),
    ]),
    attributes: { status: 'processed', preset },
  };
}

function failure(effect: Extract<Effect, { status: 'failed' }>, preset: string): Notification {
  const { sentence, hint } = FAILURES[effect.failureCode];
  return {
    subject: subject(`Image failed (${effect.failureCode}): ${effect.key}`),
    message: lines([
      `Could not process ${quoted(effect.key)} in bucket ${effect.bucket}.`,
      '',
      sentence,
      `Next step: ${hint}`,
      '',
      `Code: ${effect.failureCode}`,
      `Detail: ${quoted(effect.detail)}`,
      ...(effect.size === undefined ? [] : [`Original: ${effect.size} bytes`]),
      ...timestamps(effect),
    ]),
    attributes: { status: 'failed', preset, failureCode: effect.failureCode },
  };
}

/** Maximum number of images that a report lists; SNS limits messages to 256 KB. */
const MAX_NAMED = 50;

/** Writes one message about all images of an invocation. */
export function reportNotification(effects: readonly Effect[], preset: string): Notification {
  const failed = effects.filter((effect) => effect.status === 'failed');
  const processed = effects.length - failed.length;
  return {
    subject: subject(`Image report: ${processed} processed, ${failed.length} failed`),
    message: lines([
      `Processed: ${processed}`,
      `Failed: ${failed.length}`,
      '',
      ...effects.slice(0, MAX_NAMED).map(reportLine),
      ...(effects.length > MAX_NAMED ? [`and ${effects.length - MAX_NAMED} more`] : []),
    ]),
    attributes: { status: failed.length > 0 ? 'failed' : 'processed', preset },
  };
}

function reportLine(effect: Effect): string {
  if (effect.status === 'processed')
    return `processed ${quoted(effect.key)}: ${effect.size} bytes, ${effect.image.width}x${effect.image.height} ${effect.image.format}`;
  const { sentence, hint } = FAILURES[effect.failureCode];
  return `failed ${quoted(effect.key)}: ${effect.failureCode}. ${sentence} Next step: ${hint}`;
}

function timestamps({ uploadedAt, processedAt }: Effect): string[] {
  return [`Uploaded: ${uploadedAt}`, `Recorded: ${processedAt}`];
}

/** Escapes line breaks and other control characters, which keys may contain, so that each text stays on one line. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function subject(text: string): string {
  const ascii = text.replace(/[^\x20-\x7e]/g, '?');
  return ascii.length <= MAX_SUBJECT ? ascii : `${ascii.slice(0, MAX_SUBJECT - 3)}...`;
}

function lines(all: readonly string[]): string {
  return all.join('\n');
}
