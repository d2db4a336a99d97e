import { ImageFailure } from '../contract/outcome.ts';

const MAX_DETAIL_LENGTH = 200;

/** The failure of an image that libvips cannot decode, in libvips' own words, which may run over pages. */
export function corrupt(cause: unknown): ImageFailure {
  const [firstLine = ''] = String(cause instanceof Error ? cause.message : cause).split('\n');
  return new ImageFailure('Corrupt', firstLine.slice(0, MAX_DETAIL_LENGTH), { cause });
}
