import { FAILURES, type FailureCode, type Outcome } from '../../lambda-src/contract/outcome.ts';
import type { Notification } from '../../lambda-src/ports.ts';
import type { Announced } from './observation.ts';

/**
 * The renderer of the tests gives an image the number of its version as width, and a bad image the failure code of that position, so that
 * every report of an effect shows its version.
 */
const CODES = Object.keys(FAILURES) as FailureCode[];

export function failureCodeOf(version: number): FailureCode {
  return CODES[version % CODES.length] ?? 'Corrupt';
}

/** The effect that an outcome counts. */
export function countedIn(outcome: Outcome): Announced[] {
  if (outcome.status === 'processed') return [{ version: `v${outcome.image.width}`, status: 'processed' }];
  if (outcome.status === 'failed') return [failed(outcome.failureCode)];
  return [];
}

/** The effects that a message announces. */
export function announcedIn({ message, attributes }: Pick<Notification, 'message' | 'attributes'>): Announced[] {
  if (message.startsWith('Processed: ')) {
    const processed = [...message.matchAll(/^processed .* (\d+)x1 jpeg$/gm)].map(
      ([, number]): Announced => ({ version: `v${number}`, status: 'processed' }),
    );
    const bad = [...message.matchAll(/^failed "[^"]*": (\w+)\./gm)].map(([, code]) => failed(code));
    if (message.startsWith(`Processed: ${processed.length}\nFailed: ${bad.length}\n`)) return [...processed, ...bad];
    throw new Error(`a report that does not add up: ${message}`);
  }
  if (attributes.status === 'failed') return [failed(attributes.failureCode)];
  return [{ version: `v${/^Original: .* (\d+)x1 jpeg$/m.exec(message)?.[1]}`, status: 'processed' }];
}

function failed(code = ''): Announced {
  const codes: readonly string[] = CODES;
  return { version: `v${codes.indexOf(code)}`, status: 'failed' };
}
