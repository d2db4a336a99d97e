import { createHash } from 'node:crypto';
import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import type {
  FailedOriginals,
  ObjectHead,
  OriginalStore,
  OriginalVersion,
  ReadResult,
  RenditionHead,
  RenditionStore,
  RenditionUpload,
} from '../../lambda-src/ports.ts';
import { RENDITION_METADATA } from '../../lambda-src/rendition-metadata.ts';

export interface Version {
  readonly versionId: string;
  /** Undefined for a delete marker. */
  readonly bytes: Buffer | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lastModified: Date;
}

/** Everything that a bucket holds, so that it can be brought back. */
export interface BucketContents {
  readonly count: number;
  readonly versions: ReadonlyMap<string, readonly Version[]>;
}

/** A bucket with versioning in memory: ETags are digests of the bytes, as S3's are. */
class VersionedBucket {
  #versions = new Map<string, readonly Version[]>();
  readonly #now: () => number;
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get contents(): BucketContents {
    return { count: this.#count, versions: new Map(this.#versions) };
  }

  set contents({ count, versions }: BucketContents) {
    this.#count = count;
    this.#versions = new Map(versions);
  }

  write(key: string, bytes: Buffer | undefined, metadata: Readonly<Record<string, string>> = {}): string {
    this.#count += 1;
    const versionId = `v${this.#count}`;
    this.#versions.set(key, [...(this.#versions.get(key) ?? []), { versionId, bytes, metadata, lastModified: new Date(this.#now()) }]);
    return versionId;
  }

  removeVersion(key: string, versionId: string): void {
    this.#versions.set(
      key,
      (this.#versions.get(key) ?? []).filter((version) => version.versionId !== versionId),
    );
  }

  versions(key: string): readonly Version[] {
    return this.#versions.get(key) ?? [];
  }

  /** The current version; undefined if there is none or it is a delete marker. */
  standing(key: string): (Version & { readonly bytes: Buffer }) | undefined {
    const newest = this.#versions.get(key)?.at(-1);
    return newest?.bytes === undefined ? undefined : { ...newest, bytes: newest.bytes };
  }
}

function etagOf(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** The upload bucket in memory. */
export class MemoryOriginals implements OriginalStore {
  readonly #bucket: VersionedBucket;

  /** @param now epoch milliseconds */
  constructor(now: () => number = () => 0) {
    this.#bucket = new VersionedBucket(now);
  }

  get contents(): BucketContents {
    return this.#bucket.contents;
  }

  set contents(contents: BucketContents) {
    this.#bucket.contents = contents;
  }

  /** Every version and delete marker of a key, the newest last. */
  versions(key: string): readonly Version[] {
    return this.#bucket.versions(key);
  }

  upload(key: string, bytes: Buffer, metadata: Readonly<Record<string, string>> = {}): { versionId: string; etag: string } {
    return { versionId: this.#bucket.write(key, bytes, metadata), etag: etagOf(bytes) };
  }

  delete(key: string): string {
    return this.#bucket.write(key, undefined);
  }

  /** Deletes a version, or a delete marker, for good. */
  erase(key: string, versionId: string): void {
    this.#bucket.removeVersion(key, versionId);
  }

  async head(_bucket: string, key: string): Promise<ObjectHead | undefined> {
    const standing = this.#bucket.standing(key);
    if (standing === undefined) return undefined;
    return {
      etag: etagOf(standing.bytes),
      versionId: standing.versionId,
      size: standing.bytes.length,
      lastModified: standing.lastModified,
    };
  }

  async read({ bucket, key, etag, maxBytes }: Parameters<OriginalStore['read']>[0]): Promise<ReadResult> {
    const head = await this.head(bucket, key);
    const standing = this.#bucket.standing(key);
    if (head === undefined || standing === undefined) return { status: 'gone', deleteMarker: this.#bucket.versions(key).length > 0 };
    if (etag !== undefined && etag !== head.etag) return { status: 'replaced' };
    if (head.size > maxBytes) return { status: 'tooLarge', bytes: head.size };
    return { status: 'read', object: { ...head, bytes: standing.bytes, contentType: 'image/jpeg', userMetadata: standing.metadata } };
  }
}

/** The output bucket in memory. */
export class MemoryRenditions implements RenditionStore {
  readonly #bucket = new VersionedBucket(() => 0);

  get contents(): BucketContents {
    return this.#bucket.contents;
  }

  set contents(contents: BucketContents) {
    this.#bucket.contents = contents;
  }

  /** The bytes that stand under a key, for assertions. */
  bytes(key: string): Buffer | undefined {
    return this.#bucket.standing(key)?.bytes;
  }

  /** Every rendition that was stored and not withdrawn, and the version of the original it claims to be of. */
  history(key: string): { body: Buffer; versionId: string | undefined }[] {
    return this.#bucket
      .versions(key)
      .flatMap(({ bytes, metadata }) => (bytes === undefined ? [] : [{ body: bytes, versionId: metadata[RENDITION_METADATA.versionId] }]));
  }

  async head(key: string): Promise<RenditionHead | undefined> {
    const standing = this.#bucket.standing(key);
    if (standing === undefined) return undefined;
    return {
      etag: etagOf(standing.bytes),
      ownVersionId: standing.versionId,
      sequencer: standing.metadata[RENDITION_METADATA.sequencer] ?? '',
      versionId: standing.metadata[RENDITION_METADATA.versionId],
      recipeHash: standing.metadata[RENDITION_METADATA.recipeHash],
    };
  }

  async put({ key, body, metadata, replaces }: RenditionUpload): Promise<'stored' | 'changed'> {
    const standing = this.#bucket.standing(key);
    const etag = standing === undefined ? undefined : etagOf(standing.bytes);
    if (etag !== replaces) return 'changed';
    this.#bucket.write(key, body, metadata);
    return 'stored';
  }

  /** Stores a copy of an original. */
  copy(key: string, bytes: Buffer, metadata: Readonly<Record<string, string>>): void {
    this.#bucket.write(key, bytes, metadata);
  }

  async remove(key: string, { ownVersionId }: RenditionHead): Promise<void> {
    if (ownVersionId !== undefined) this.#bucket.removeVersion(key, ownVersionId);
  }
}

/** Tags of originals, and copies of them, in memory. */
export class MemoryFailedOriginals implements FailedOriginals {
  readonly #originals: MemoryOriginals;
  readonly #renditions: MemoryRenditions;
  /** Failure codes by key and version. */
  #tags: ReadonlyMap<string, FailureCode> = new Map();

  constructor(originals: MemoryOriginals, renditions: MemoryRenditions) {
    this.#originals = originals;
    this.#renditions = renditions;
  }

  get tags(): ReadonlyMap<string, FailureCode> {
    return this.#tags;
  }

  set tags(tags: ReadonlyMap<string, FailureCode>) {
    this.#tags = tags;
  }

  async tag(original: OriginalVersion, code: FailureCode | undefined): Promise<'done' | 'full'> {
    const version = this.#version(original);
    if (version === undefined) return 'done';
    const tags = new Map(this.#tags);
    if (code === undefined) tags.delete(`${original.key} ${version.versionId}`);
    else tags.set(`${original.key} ${version.versionId}`, code);
    this.#tags = tags;
    return 'done';
  }

  async copy(original: OriginalVersion, toKey: string, metadata: Readonly<Record<string, string>>): Promise<'done' | 'refused'> {
    const bytes = this.#version(original)?.bytes;
    if (bytes !== undefined) this.#renditions.copy(toKey, bytes, metadata);
    return 'done';
  }

  #version({ key, versionId }: OriginalVersion): Version | undefined {
    const versions = this.#originals.versions(key);
    return versionId === undefined ? versions.at(-1) : versions.find((version) => version.versionId === versionId);
  }
}
