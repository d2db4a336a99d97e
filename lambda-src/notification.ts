import type { ImageBody } from './contract/message.ts';
import { FAILURES, type PhotoMetadata } from './contract/outcome.ts';
import type { Effect, Notification } from './ports.ts';

/** SNS requires subjects in ASCII, under 100 characters, without line breaks (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html). */
const MAX_SUBJECT = 99;

/** Version of the JSON body. Its type is `MESSAGE_VERSION` of contract/message.ts; importing the value would put the schema into the bundle. */
const VERSION = 1;

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
      ...metadataLines(effect.metadata),
      ...timestamps(effect),
    ]),
    body: { version: VERSION, type: 'image', preset, ...processedBody(effect) },
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
    body: { version: VERSION, type: 'image', preset, ...failedBody(effect) },
    attributes: { status: 'failed', preset, failureCode: effect.failureCode },
  };
}

/** Maximum number of images that the text of a report lists. */
const MAX_NAMED = 50;

/**
 * Maximum size of the images in each of a report's two bodies, in bytes as sent. SNS limits both together to 256 KB
 * (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html), and a key of control characters grows sevenfold when it is escaped twice.
 */
const MAX_LISTED_BYTES = 120_000;

/** Writes one message about all images of an invocation. */
export function reportNotification(effects: readonly Effect[], preset: string): Notification {
  const failed = effects.filter((effect) => effect.status === 'failed').length;
  const processed = effects.length - failed;
  const named = fitting(effects.slice(0, MAX_NAMED).map(reportLine), (line) => line);
  const images = fitting(effects.map(imageBody), (body) => JSON.stringify(body));
  return {
    subject: subject(`Image report: ${processed} processed, ${failed} failed`),
    message: lines([
      `Processed: ${processed}`,
      `Failed: ${failed}`,
      '',
      ...named,
      ...(effects.length > named.length ? [`and ${effects.length - named.length} more`] : []),
    ]),
    body: { version: VERSION, type: 'report', preset, processed, failed, images, omitted: effects.length - images.length },
    attributes: { status: failed > 0 ? 'failed' : 'processed', preset },
  };
}

/** Returns the first items whose texts fit into `MAX_LISTED_BYTES` once they are escaped into JSON. */
function fitting<T>(items: readonly T[], textOf: (item: T) => string): T[] {
  let bytes = 0;
  const end = items.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(textOf(item)));
    return bytes > MAX_LISTED_BYTES;
  });
  return items.slice(0, end === -1 ? undefined : end);
}

function imageBody(effect: Effect): ImageBody {
  return effect.status === 'processed' ? processedBody(effect) : failedBody(effect);
}

function processedBody(effect: Extract<Effect, { status: 'processed' }>) {
  const { status, bucket, key, versionId, size, contentType, image, metadata, renditions, uploadedAt, processedAt } = effect;
  const { thumbHash: placeholder, width, height, format } = image;
  return {
    ...{ status, bucket, key, versionId, size, contentType, width, height, format, placeholder },
    ...(metadata && { metadata }),
    renditions: renditions.map(({ name, key, width, height, format, bytes }) => ({ name, key, width, height, format, bytes })),
    ...{ uploadedAt, processedAt },
  };
}

function failedBody(effect: Extract<Effect, { status: 'failed' }>) {
  const { status, bucket, key, versionId, size, failureCode, detail, uploadedAt, processedAt } = effect;
  const { sentence: reason, hint: nextStep } = FAILURES[failureCode];
  return { status, bucket, key, versionId, size, failureCode, reason, nextStep, detail, uploadedAt, processedAt };
}

function reportLine(effect: Effect): string {
  if (effect.status === 'processed')
    return `processed ${quoted(effect.key)}: ${effect.size} bytes, ${effect.image.width}x${effect.image.height} ${effect.image.format}`;
  const { sentence, hint } = FAILURES[effect.failureCode];
  return `failed ${quoted(effect.key)}: ${effect.failureCode}. ${sentence} Next step: ${hint}`;
}

function metadataLines({ captureTime, camera, copyright, caption, gps }: PhotoMetadata = {}): string[] {
  const line = (label: string, value: string | undefined) => (value === undefined ? [] : [`${label}: ${value}`]);
  return [
    ...line('Taken', captureTime),
    ...line('Camera', camera && quoted(camera)),
    ...line('Copyright', copyright && quoted(copyright)),
    ...line('Caption', caption && quoted(caption)),
    ...line('Position', gps && `${gps.latitude}, ${gps.longitude}`),
  ];
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
