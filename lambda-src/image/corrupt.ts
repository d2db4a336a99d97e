import { ImageFailure } from '../contract/outcome.ts';
import { type DecodedPart, describeDamage } from './damage.ts';
import type { InputFormat } from './file-type.ts';

/** libvips may run on for pages. */
const MAX_QUOTED_LENGTH = 200;

/** Sentences by which sharp and libvips only say that something failed. */
const GENERIC = /^(Input buffer|Warning treated as error|source: bad seek)/;

/** The failure of an image that its decoder refused: what is wrong with the file, and the decoder's own words if they say more. */
export function corrupt(cause: unknown, format: InputFormat, bytes: Buffer, part: DecodedPart): ImageFailure {
  const [firstLine = ''] = String(cause instanceof Error ? cause.message : cause).split('\n');
  const words = firstLine.replace(/^Input buffer has corrupt header: ?/, '').trim();
  const quoted = words === '' || GENERIC.test(words) ? '' : ` (decoder: ${words.slice(0, MAX_QUOTED_LENGTH)})`;
  return new ImageFailure('Corrupt', `${describeDamage(format, bytes, part, words)}${quoted}`, { cause });
}
