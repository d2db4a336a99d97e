import type { Size } from '../lambda-src/image/rendition-size.ts';

/** A job for a renderer, ours or a peer's: a line of JSON on its standard input. It responds with the line `done`. */
export interface Job {
  /** Path of the original. */
  readonly photo: string;
  readonly renditions: readonly RequestedRendition[];
}

/** A JPEG with quality 90 that fits into a box. */
interface RequestedRendition extends Size {
  /** Path of the file to write. */
  readonly output: string;
}
