import type { KeyedRendition } from '../contract/rendition-key.ts';
import { reasonToIgnore } from '../events/s3-event.ts';
import type { Found, ReconcilerParts } from './reconcile.ts';

interface OrphanPage {
  /** The last original's key on the page. */
  readonly lastKey: string;
  readonly found: Found;
  /** Originals whose renditions are to be erased. */
  readonly keys: readonly string[];
}

/**
 * Finds renditions whose original does not exist, by merging two listings in the same order. Only a key that ends with the original's whole key
 * tells which original it is of; renditions with another template are not compared. With delete propagation they are left over from a deletion whose
 * event was lost; without it, they are kept on purpose.
 */
export async function* orphans(
  { settings, listing }: Pick<ReconcilerParts, 'settings' | 'listing'>,
  rendition: KeyedRendition,
  after: string,
): AsyncGenerator<OrphanPage> {
  const { uploadBucket, outputBucket = uploadBucket, triggerPrefix, deletePropagation } = settings;
  const prefix = textBeforeKey(rendition);
  if (prefix === undefined) return;
  const originals = new SortedKeys(listing.objects({ bucket: uploadBucket, prefix: triggerPrefix, startAfter: after }));
  const walk = { bucket: outputBucket, prefix: prefix + triggerPrefix, startAfter: after === '' ? '' : prefix + after };
  for await (const page of listing.objects(walk)) {
    const keys: string[] = [];
    for (const { key } of page) {
      const original = key.slice(prefix.length);
      const isOurs = reasonToIgnore('created', uploadBucket, original, settings) === undefined;
      if (isOurs && !(await originals.has(original))) keys.push(original);
    }
    const lastKey = page.at(-1)?.key.slice(prefix.length) ?? '';
    yield { lastKey, found: { missing: 0, stuck: 0, orphaned: keys.length }, keys: deletePropagation ? keys : [] };
  }
}

/** Returns what precedes the original's key in the key of a rendition; undefined if the key does not end with it. */
function textBeforeKey({ name, prefix, key = '{prefix}{key}', width, height }: KeyedRendition): string | undefined {
  const text = key.endsWith('{key}') ? key.slice(0, -'{key}'.length) : '{key}';
  const values: Readonly<Record<string, string>> = { prefix, rendition: name, width: `${width}`, height: `${height}` };
  const filledIn = text.replace(/\{([a-z]+)\}/g, (token, placeholder: string) => values[placeholder] ?? token);
  return filledIn.includes('{') ? undefined : filledIn;
}

/** The keys of a listing, to be asked for in their order. */
class SortedKeys {
  readonly #pages: AsyncIterator<readonly { readonly key: string }[]>;
  #page: readonly { readonly key: string }[] = [];
  #next = 0;

  constructor(pages: AsyncIterable<readonly { readonly key: string }[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** Returns whether the listing has this key, which must not come before one that was asked for earlier. */
  async has(key: string): Promise<boolean> {
    for (;;) {
      const listed = this.#page[this.#next]?.key;
      if (listed === undefined) {
        const { done, value } = await this.#pages.next();
        if (done) return false;
        this.#page = value;
        this.#next = 0;
      } else {
        if (listed === key) return true;
        if (isAfter(listed, key)) return false;
        this.#next += 1;
      }
    }
  }
}

/** Compares in S3's order, by UTF-8 bytes; the order of JavaScript's texts differs for characters outside the basic plane. */
function isAfter(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0;
}
