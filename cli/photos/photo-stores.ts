import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import type { Item } from '../../lambda-src/adapters/ledger-item.ts';
import { type ListedObject, PhotoListing, ThrottledReadsError, type Walk as WholeWalk } from '../../lambda-src/adapters/photo-listing.ts';
import { S3OriginalStore } from '../../lambda-src/adapters/s3-original-store.ts';
import { S3RenditionStore } from '../../lambda-src/adapters/s3-rendition-store.ts';
import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { reasonToIgnore } from '../../lambda-src/events/s3-event.ts';
import type { ObjectHead, RenditionHead } from '../../lambda-src/ports.ts';
import { OperatorError } from '../pipeline/command-line.ts';

/** One page of the upload bucket. */
export interface UploadPage {
  readonly uploads: readonly ListedObject[];
  /** Number of objects that do not match the trigger. */
  readonly ignored: number;
  /** Lower-case extensions of those that only the trigger's suffixes exclude; `''` for a key without an extension. */
  readonly excludedExtensions: readonly string[];
  /** The last key of the page. */
  readonly lastKey: string;
}

/** The part of the upload bucket to list. */
export interface Walk extends Pick<WholeWalk, 'startAfter' | 'pageSize'> {
  /** Only keys with this prefix. Default: the prefix of the trigger. */
  readonly prefix?: string | undefined;
}

/** Reads the uploads, renditions and records of a deployed function. */
export class PhotoStores {
  readonly settings: HandlerSettings;
  readonly #s3 = new S3Client({});
  readonly #listing: PhotoListing;
  readonly #originals = new S3OriginalStore(this.#s3);
  readonly #renditions: S3RenditionStore;

  constructor(settings: HandlerSettings) {
    this.settings = settings;
    this.#listing = new PhotoListing({ s3: this.#s3, dynamodb: new DynamoDBClient({}) }, settings);
    this.#renditions = new S3RenditionStore(this.#s3, settings.outputBucket ?? '');
  }

  /** Lists the upload bucket page by page. */
  async *uploads({ prefix = '', ...walk }: Walk): AsyncGenerator<UploadPage> {
    const { uploadBucket: bucket } = this.settings;
    for await (const listed of this.#listing.objects({ bucket, prefix: narrower(prefix, this.settings), ...walk })) {
      const uploads = listed.filter(({ key }) => this.reasonToIgnore(key) === undefined);
      const excluded = listed.filter(({ key }) => this.#isExcludedBySuffix(key));
      yield {
        uploads,
        ignored: listed.length - uploads.length,
        excludedExtensions: excluded.map(({ key }) => extensionOf(key)),
        lastKey: listed.at(-1)?.key ?? '',
      };
    }
  }

  #isExcludedBySuffix(key: string): boolean {
    const withoutSuffixes = { ...this.settings, triggerSuffixes: [] };
    const { uploadBucket } = this.settings;
    // Anything else, such as one of the pipeline's renditions, is excluded for another reason.
    const isUpload = reasonToIgnore('created', uploadBucket, key, withoutSuffixes) === undefined;
    return isUpload && this.reasonToIgnore(key) !== undefined;
  }

  /** Returns why the function ignores this key; undefined if it does not. */
  reasonToIgnore(key: string): string | undefined {
    return reasonToIgnore('created', this.settings.uploadBucket, key, this.settings);
  }

  /** Reads the head of the original with this key. */
  async original(key: string): Promise<ObjectHead | undefined> {
    return this.#originals.head(this.settings.uploadBucket, key);
  }

  /** Reads the head of the rendition with this output key. */
  async rendition(key: string): Promise<RenditionHead | undefined> {
    return this.#renditions.head(key);
  }

  /** Reads the records of these keys; keys without a record are missing in the result. */
  async items(keys: readonly string[]): Promise<Map<string, Item>> {
    try {
      return await this.#listing.items(keys);
    } catch (error) {
      if (!(error instanceof ThrottledReadsError)) throw error;
      throw new OperatorError(`${error.message} Try again in a few minutes.`, { cause: error });
    }
  }
}

/**
 * Returns the narrower of a prefix and that of the trigger: keys outside either are skipped.
 * @throws {OperatorError} if no key can have both
 */
export function narrower(prefix: string, { triggerPrefix }: Pick<HandlerSettings, 'triggerPrefix'>): string {
  if (prefix.startsWith(triggerPrefix)) return prefix;
  if (triggerPrefix.startsWith(prefix)) return triggerPrefix;
  throw new OperatorError(
    `--prefix ${JSON.stringify(prefix)} holds no uploads: the trigger takes keys that begin with "${triggerPrefix}".`,
  );
}

/** Returns the lower-case extension of a key, with its dot; empty if the key has none. */
function extensionOf(key: string): string {
  return /\.[a-z0-9]{1,8}$/.exec(key.toLowerCase())?.[0] ?? '';
}
