/** Longest text that is read, in bytes. */
const MAX_TEXT_BYTES = 4_096;

/** Directory entries that are looked at; cameras write fewer than a hundred. */
const MAX_ENTRIES = 512;

/** Bytes of a value by its TIFF type: 2 is text, 3 a 16-bit and 4 a 32-bit number, 5 a fraction, 129 text in UTF-8 (EXIF 3.0). */
const SIZES: Readonly<Record<number, number>> = { 2: 1, 3: 2, 4: 4, 5: 8, 129: 1 };

interface Entry {
  readonly type: number;
  readonly count: number;
  /** Where the value begins. */
  readonly at: number;
}

/**
 * Reads single tags of EXIF, which is a TIFF without pixels (https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E). It
 * reads only what it is asked for, because a general parser that follows every count of a hostile file needs gigabytes for 64 KB.
 */
export class Exif {
  readonly #tiff: Buffer;
  readonly #isLittleEndian: boolean;

  /** @param bytes a TIFF, or EXIF as JPEG embeds it, with `Exif` before the TIFF */
  constructor(bytes: Buffer) {
    this.#tiff = bytes.toString('latin1', 0, 6) === 'Exif\0\0' ? bytes.subarray(6) : bytes;
    this.#isLittleEndian = this.#tiff.toString('latin1', 0, 2) === 'II';
  }

  /** The first directory, which has the tags about the image. */
  get image(): number | undefined {
    return this.#long(4);
  }

  /** Returns the place of the directory that a tag points to. */
  directory(from: number | undefined, tag: number): number | undefined {
    const entry = this.#find(from, tag);
    return entry === undefined ? undefined : this.#long(entry.at);
  }

  /** Returns the bytes of a text. */
  text(directory: number | undefined, tag: number): Buffer | undefined {
    const entry = this.#find(directory, tag);
    if (entry === undefined || SIZES[entry.type] !== 1) return undefined;
    return this.#tiff.subarray(entry.at, entry.at + Math.min(entry.count, MAX_TEXT_BYTES));
  }

  /** Returns degrees, minutes and seconds as degrees. */
  degrees(directory: number | undefined, tag: number): number | undefined {
    const entry = this.#find(directory, tag);
    if (entry === undefined || entry.type !== 5 || entry.count < 3) return undefined;
    const [degrees = Number.NaN, minutes = Number.NaN, seconds = Number.NaN] = [0, 8, 16].map((offset) =>
      this.#fraction(entry.at + offset),
    );
    return degrees + minutes / 60 + seconds / 3600;
  }

  #find(directory: number | undefined, tag: number): Entry | undefined {
    const entries = directory === undefined ? undefined : this.#short(directory);
    if (directory === undefined || entries === undefined) return undefined;
    for (let index = 0; index < Math.min(entries, MAX_ENTRIES); index += 1) {
      const at = directory + 2 + index * 12;
      if (this.#short(at) !== tag) continue;
      const [type, count, offset] = [this.#short(at + 2), this.#long(at + 4), this.#long(at + 8)];
      if (type === undefined || count === undefined || offset === undefined) return undefined;
      return { type, count, at: count * (SIZES[type] ?? 8) <= 4 ? at + 8 : offset };
    }
    return undefined;
  }

  #fraction(at: number): number {
    return (this.#long(at) ?? Number.NaN) / (this.#long(at + 4) ?? Number.NaN);
  }

  #short(at: number): number | undefined {
    if (at + 2 > this.#tiff.length) return undefined;
    return this.#isLittleEndian ? this.#tiff.readUInt16LE(at) : this.#tiff.readUInt16BE(at);
  }

  #long(at: number): number | undefined {
    if (at + 4 > this.#tiff.length) return undefined;
    return this.#isLittleEndian ? this.#tiff.readUInt32LE(at) : this.#tiff.readUInt32BE(at);
  }
}
