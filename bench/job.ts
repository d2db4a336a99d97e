import type { Size } from '../lambda-src/image/rendition-size.ts';

/** What a renderer, ours or a peer's, is asked for: a line of JSON on its standard input, answered by the line `done`. */
export interface Job {
  /** Path of the original. */
  readonly photo: string;
  readonly renditions: readonly RequestedRendition[];
}

/** A JPEG of quality 90 within a box. */
interface RequestedRendition extends Size {
  /** Path of the file to write. */
  readonly output: string;
}
