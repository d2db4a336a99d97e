import type { MessageBody } from './contract/message.ts';
import type { FailureCode, ImageFacts, PhotoMetadata, StoredRendition } from './contract/outcome.ts';
import type { ObjectHeaders } from './object-headers.ts';

/** A change of one key, reported by an S3 event or an S3 Batch Operations task, or found by a reconciliation. */
export interface UploadEvent {
  /** `created` and `removed` come from S3 events, `backfill` from S3 Batch Operations, and `reconciled` from a reconciliation. */
  readonly kind: 'created' | 'removed' | 'backfill' | 'reconciled';
  readonly bucket: string;
  /** Decoded, or as received if it is malformed. */
  readonly key: string;
  /** Whether the event's key contains a malformed escape. */
  readonly malformedKey?: boolean;
  /** Absent in buckets without versioning. */
  readonly versionId?: string | undefined;
  /** Without quotes. */
  readonly etag?: string | undefined;
  /** In bytes, according to the event. */
  readonly size?: number | undefined;
  /** Orders the events of one key; padded so that text order is event order. Empty when unknown: older than any other. */
  readonly sequencer: string;
  /** When the change happened, according to S3. */
  readonly time: Date;
  /**
   * Who asked for the current version to be settled, if it was not an event of S3: an S3 Batch Operations job, which retries no failure that it
   * recorded itself, or `RECONCILIATION`. Such an event has no sequencer of its own and takes over that of the record.
   */
  readonly job?: string | undefined;
}

/** The current version of an original. */
export interface ObjectHead {
  readonly etag: string;
  readonly versionId?: string | undefined;
  readonly size: number;
  readonly lastModified: Date;
}

export interface OriginalObject extends ObjectHead {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly userMetadata: Readonly<Record<string, string>>;
}

export type ReadResult =
  | { readonly status: 'read'; readonly object: OriginalObject }
  /** The current object does not have the requested ETag. */
  | { readonly status: 'replaced' }
  /** There is no current object. `deleteMarker` is true if S3 says that a delete marker is on top, which rules out a false 404. */
  | { readonly status: 'gone'; readonly deleteMarker?: boolean }
  /** The object has more bytes than allowed; the download was stopped. */
  | { readonly status: 'tooLarge'; readonly bytes: number }
  /** The object exists, but cannot be read until its storage class or encryption key is changed. */
  | { readonly status: 'unreadable'; readonly code: FailureCode; readonly detail: string };

/** The bucket of uploads. Methods throw on every fault that a retry may resolve. */
export interface OriginalStore {
  head(bucket: string, key: string): Promise<ObjectHead | undefined>;
  /** Reads the current object if it has the given ETag (or any, if absent), but at most `maxBytes`. */
  read(request: { bucket: string; key: string; etag?: string | undefined; maxBytes: number; signal?: AbortSignal }): Promise<ReadResult>;
}

/** The current rendition of an output key, and the original that it was made from. */
export interface RenditionHead {
  readonly etag: string;
  /** The rendition's own version; absent in buckets without versioning. */
  readonly ownVersionId?: string | undefined;
  /** Padded sequencer of the event that it was made for; empty if made without a sequencer or a record, or not by this pipeline. */
  readonly sequencer: string;
  /** The original's version. */
  readonly versionId?: string | undefined;
  readonly recipeHash?: string | undefined;
}

export interface RenditionUpload extends ObjectHeaders {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** The object's user metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Compare-and-swap: replace only this ETag, or (`undefined`) only create. */
  readonly replaces: string | undefined;
}

/** The bucket of renditions. */
export interface RenditionStore {
  /**
   * @param options `deleteMarkers`: also returns a current delete marker (from a lifecycle rule), so that removing it uncovers the versions
   *   below it; without this option the key counts as missing
   */
  head(key: string, options?: { readonly deleteMarkers: boolean }): Promise<RenditionHead | undefined>;
  /** Returns `changed` if the key no longer holds the object that `replaces` names. */
  put(upload: RenditionUpload): Promise<'stored' | 'changed'>;
  /** Deletes exactly this version of the rendition, which uncovers the previous one; without versioning, only if the ETag still matches. */
  remove(key: string, head: RenditionHead): Promise<void>;
}

/** Marks originals that failed. Methods throw on every fault that a retry may resolve, and do nothing if the version no longer exists. */
export interface FailedOriginals {
  /**
   * Sets the tags of a failure on exactly this version, or removes them if there is no code. Keeps all other tags.
   * @returns `full` if the object already has as many tags as S3 allows
   */
  tag(original: OriginalVersion, code: FailureCode | undefined): Promise<'done' | 'full'>;
  /**
   * Copies exactly this version to a key of the output bucket.
   * @returns `refused` if S3 cannot copy the object, which its class of storage, its encryption or its size may rule out
   */
  copy(original: OriginalVersion, toKey: string, metadata: Readonly<Record<string, string>>): Promise<'done' | 'refused'>;
}

/** One version of an original; the current one if the bucket has no versioning. */
export type OriginalVersion = Pick<UploadEvent, 'bucket' | 'key' | 'versionId'>;

export type RecordStatus = 'processing' | 'processed' | 'failed' | 'superseded' | 'gone';

/** The ledger's record of one key. */
export interface LedgerRecord {
  /** `processing` while a claim is open, otherwise the outcome of the current version. `superseded`: nothing settled, a newer event is expected. */
  readonly status: RecordStatus;
  /** The newest event that was claimed; orders the events of the key. */
  readonly sequencer: string;
  /** Request ID of the invocation that holds or held the claim. */
  readonly owner: string;
  /** Identifies one run of an invocation: a retry keeps the request ID but not the run. */
  readonly run?: string | undefined;
  /** Epoch milliseconds; the claim is free from then on. */
  readonly leaseExpiresAt: number;
  /** The `job` of the event that holds or held the claim. */
  readonly job?: string | undefined;
  /** Whether the event that holds or held the claim has no sequencer of its own. */
  readonly byBackfill: boolean;
  /** The last committed effect. Kept while a newer version is processed; removed when the photo is deleted. */
  readonly effect?: Effect | undefined;
  /** The run that committed the effect; absent in records of version 0.1. */
  readonly commit?: string | undefined;
  /** The version that the effect belongs to. */
  readonly versionId?: string | undefined;
  readonly etag?: string | undefined;
  readonly recipeHash?: string | undefined;
  /** The version and event that the current renditions were made for; older than those of the effect if the newest version failed. */
  readonly renditionsOf?: RenditionsOf | undefined;
  /** The version and event that the current manifest was written for; absent if the recipe had none. */
  readonly manifestOf?: MadeFor | undefined;
  /** The most recent versions that were counted and reported, so that a version that becomes current again is not reported twice. */
  readonly reportedVersions: readonly string[];
  /** The message still to be sent for the effect; absent if it was sent or none is due. */
  readonly announcement?: Announcement | undefined;
  /** Whether no message is owed. */
  readonly notified: boolean;
}

/** What a stored object was made for. */
interface MadeFor {
  readonly versionId?: string | undefined;
  readonly sequencer?: string | undefined;
}

export interface RenditionsOf extends MadeFor {
  /** What the manifest of a later failure lists; absent if the recipe had no manifest. */
  readonly picture?: Picture | undefined;
}

/** What a manifest says about a version that was processed. */
export interface Picture {
  readonly image: Pick<ImageFacts, 'width' | 'height' | 'thumbHash' | 'averageColour'>;
  readonly renditions: readonly StoredRendition[];
}

/** A message that is owed for a committed effect. */
export interface Announcement {
  readonly state: 'pending' | 'sending';
  /** Request ID of the sender. */
  readonly owner?: string | undefined;
  /** Epoch milliseconds; the sender must be done by then. */
  readonly expiresAt: number;
}

/** A claim: which run processes which event, and until when. */
export interface Claim {
  readonly event: UploadEvent;
  /** Request ID. */
  readonly owner: string;
  /** Unique to this run of the invocation. */
  readonly run: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly leaseExpiresAt: number;
  /** Hash of the recipe to use. */
  readonly recipeHash: string;
}

/** The outcome for one version, to be committed and announced. */
export type Effect =
  | {
      readonly status: 'processed';
      readonly bucket: string;
      readonly key: string;
      /** Absent in buckets without versioning. */
      readonly versionId?: string | undefined;
      readonly size: number;
      readonly contentType: string;
      readonly uploadedAt: string;
      readonly processedAt: string;
      readonly image: ImageFacts;
      readonly renditions: readonly StoredRendition[];
      /** Absent unless the settings ask for it. */
      readonly metadata?: PhotoMetadata | undefined;
    }
  | {
      readonly status: 'failed';
      readonly bucket: string;
      readonly key: string;
      /** Absent in buckets without versioning. */
      readonly versionId?: string | undefined;
      readonly size?: number | undefined;
      readonly uploadedAt: string;
      readonly processedAt: string;
      readonly failureCode: FailureCode;
      readonly detail: string;
    };

export type ClaimResult =
  | {
      readonly status: 'claimed';
      /** The event as claimed; one without a sequencer takes over the record's. */
      readonly event: UploadEvent;
      /** The record as it was before the claim. */
      readonly previous?: LedgerRecord | undefined;
    }
  | { readonly status: 'refused'; readonly record: LedgerRecord };

/** Result of a write under a claim; `refused`, with the record, if the claim was taken over or the message of the effect is being sent. */
export type SettleResult = { readonly status: 'settled' } | { readonly status: 'refused'; readonly record: LedgerRecord };

export interface CommitOptions {
  /** Whether the effect has a message. */
  readonly announce: boolean;
  /** The versions that were reported, including this one. */
  readonly reported: readonly string[];
  /** Whether the effect has a manifest. Default false. */
  readonly manifest?: boolean;
}

/** One run's attempt to send the message of a committed effect. */
export interface Sending {
  readonly bucket: string;
  readonly key: string;
  /** The commit whose message it is. */
  readonly commit: string | undefined;
  /** Request ID. */
  readonly owner: string;
  readonly run: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly expiresAt: number;
}

/** The ledger: one record per key. Every write is conditional and can be repeated if its response was lost. */
export interface Ledger {
  read(bucket: string, key: string): Promise<LedgerRecord | undefined>;
  /** Opens a claim; the last committed effect stays on the record. */
  claim(claim: Claim): Promise<ClaimResult>;
  /** Replaces the effect and ends the claim. Idempotent for the same run. */
  commit(claim: Claim, effect: Effect, options: CommitOptions): Promise<SettleResult>;
  /**
   * Removes everything that shows or names the photo from the record. `processing` keeps the claim open. `gone` ends it; the record then only
   * orders late events, and expires.
   */
  forget(claim: Claim, status: 'processing' | 'gone'): Promise<SettleResult>;
  /**
   * Ends the claim without changing the effect; `processing` frees it for a retry. Returns false if the claim was taken over.
   * @param options.expires whether the record only orders late events from now on (default: if it is `superseded`)
   */
  release(claim: Claim, status: RecordStatus, options?: { readonly expires: boolean }): Promise<boolean>;
  /** Reserves the message of an effect for this run. Returns false if it was sent or another run is sending it. */
  startSending(sending: Sending): Promise<boolean>;
  /** Ends the reservation. If not `sent`, any run may send the message. */
  finishSending(sending: Sending, sent: boolean): Promise<void>;
}

export interface Notification {
  /** ASCII, under 100 characters, no line break. */
  readonly subject: string;
  /** The text of the email. */
  readonly message: string;
  /** What queues, functions and HTTPS endpoints get, as JSON. */
  readonly body: MessageBody;
  /** Subscriptions filter by these. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Notifier {
  publish(notification: Notification): Promise<void>;
}
