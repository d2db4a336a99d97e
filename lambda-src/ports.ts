import type { FailureCode, ImageFacts, StoredRendition } from './contract/outcome.ts';

/** A change of one key, reported by an S3 event or an S3 Batch Operations task. */
export interface UploadEvent {
  /** `created` and `removed` come from S3 events, `backfill` from S3 Batch Operations, which knows no sequencer. */
  readonly kind: 'created' | 'removed' | 'backfill';
  readonly bucket: string;
  /** Decoded, or as it came when it cannot be. */
  readonly key: string;
  /** Whether the event's key carries a malformed escape. */
  readonly malformedKey?: boolean;
  /** Absent in buckets without versioning. */
  readonly versionId?: string | undefined;
  /** Without quotes. */
  readonly etag?: string | undefined;
  /** In bytes, as the event says. */
  readonly size?: number | undefined;
  /** Orders the events of one key; padded so that text order is event order. Empty when unknown: older than any other. */
  readonly sequencer: string;
  /** When S3 saw it. */
  readonly time: Date;
  /** The S3 Batch Operations job of a backfill: the same job retries no failure that it recorded itself. */
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
  /** The current object does not have the ETag asked for. */
  | { readonly status: 'replaced' }
  /** There is no current object. `deleteMarker` is true if S3 says that a delete marker is on top, which rules out a false 404. */
  | { readonly status: 'gone'; readonly deleteMarker?: boolean }
  /** The object has more bytes than allowed; the download was stopped. */
  | { readonly status: 'tooLarge'; readonly bytes: number }
  /** The object exists, but no attempt can read it until somebody changes its storage class or its key. */
  | { readonly status: 'unreadable'; readonly code: FailureCode; readonly detail: string };

/** The bucket of uploads. Methods throw on every fault that another attempt may cure. */
export interface OriginalStore {
  head(bucket: string, key: string): Promise<ObjectHead | undefined>;
  /** Reads the current object if its ETag is the given one (any, when absent); never more than `maxBytes`. */
  read(request: { bucket: string; key: string; etag?: string | undefined; maxBytes: number; signal?: AbortSignal }): Promise<ReadResult>;
}

/** The rendition on top of an output key, and the original it was made from. */
export interface RenditionHead {
  readonly etag: string;
  /** The rendition's own version; absent in buckets without versioning. */
  readonly ownVersionId?: string | undefined;
  /** Padded sequencer of the event it was made for; empty when made by a backfill without a record, or by something else. */
  readonly sequencer: string;
  /** The original's version. */
  readonly versionId?: string | undefined;
  readonly recipeHash?: string | undefined;
}

export interface RenditionUpload {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** User metadata as it will stand on the object. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Compare-and-swap: replace only this ETag, or (`undefined`) only create. */
  readonly replaces: string | undefined;
}

/** The bucket of renditions. */
export interface RenditionStore {
  /**
   * @param options `deleteMarkers`: a delete marker on top (from a lifecycle rule) is returned too, so that it can be removed and uncovers
   *   the versions below it; without the option it reads as nothing there
   */
  head(key: string, options?: { readonly deleteMarkers: boolean }): Promise<RenditionHead | undefined>;
  /** `changed` if the key no longer holds what `replaces` says. */
  put(upload: RenditionUpload): Promise<'stored' | 'changed'>;
  /** Deletes exactly this version of the rendition, which uncovers the one before it; without versioning, only if the ETag still matches. */
  remove(key: string, head: RenditionHead): Promise<void>;
}

export type RecordStatus = 'processing' | 'processed' | 'failed' | 'superseded' | 'gone';

/** The ledger's record of one key, as the protocol sees it. */
export interface LedgerRecord {
  /** `processing` while a claim is open; otherwise what became of the current version. `superseded`: nothing is settled, a newer event is due. */
  readonly status: RecordStatus;
  /** The newest event that was claimed; orders the events of the key. */
  readonly sequencer: string;
  /** Request ID of the invocation that holds or held the claim. */
  readonly owner: string;
  /** Identifies one run of an invocation: a retry keeps the request ID but not the run. */
  readonly run?: string | undefined;
  /** Epoch milliseconds; the claim is free from then on. */
  readonly leaseExpiresAt: number;
  /** The S3 Batch Operations job that holds or held the claim. */
  readonly job?: string | undefined;
  /** Whether the claim is or was a backfill's. */
  readonly byBackfill: boolean;
  /** The last committed effect. It stays while a newer version is processed, and is gone once the photo is deleted. */
  readonly effect?: Effect | undefined;
  /** The run that committed the effect; absent in records of version 0.1. */
  readonly commit?: string | undefined;
  /** The version that the effect belongs to. */
  readonly versionId?: string | undefined;
  readonly etag?: string | undefined;
  readonly recipeHash?: string | undefined;
  /** The version and event that the renditions in place were made for: an older one than the effect's if the newest version failed. */
  readonly renditionsOf?: { readonly versionId?: string | undefined; readonly sequencer?: string | undefined } | undefined;
  /** The last versions whose effect was counted and reported; a version that becomes current again is not reported twice. */
  readonly reportedVersions: readonly string[];
  /** The message that the effect still owes; absent when it was sent, or is not to be sent. */
  readonly announcement?: Announcement | undefined;
  /** Whether no message is owed. */
  readonly notified: boolean;
}

/** A message that is owed for a committed effect. */
export interface Announcement {
  readonly state: 'pending' | 'sending';
  /** Epoch milliseconds; whoever is sending must be done by then. */
  readonly expiresAt: number;
}

/** A claim: which run works on which event until when. */
export interface Claim {
  readonly event: UploadEvent;
  /** Request ID. */
  readonly owner: string;
  /** Unique to this run of the invocation. */
  readonly run: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly leaseExpiresAt: number;
  /** The recipe that will be used. */
  readonly recipeHash: string;
}

/** What was done for one version, to be committed and announced. */
export type Effect =
  | {
      readonly status: 'processed';
      readonly bucket: string;
      readonly key: string;
      readonly size: number;
      readonly contentType: string;
      readonly uploadedAt: string;
      readonly processedAt: string;
      readonly image: ImageFacts;
      readonly renditions: readonly StoredRendition[];
    }
  | {
      readonly status: 'failed';
      readonly bucket: string;
      readonly key: string;
      readonly size?: number | undefined;
      readonly uploadedAt: string;
      readonly processedAt: string;
      readonly failureCode: FailureCode;
      readonly detail: string;
    };

export type ClaimResult =
  | {
      readonly status: 'claimed';
      /** The event as claimed; a backfill takes over the record's sequencer. */
      readonly event: UploadEvent;
      /** The record as it was before the claim. */
      readonly previous?: LedgerRecord | undefined;
    }
  | { readonly status: 'refused'; readonly record: LedgerRecord };

/** A write under a claim; `refused` with the record if the claim was taken over, or if someone is sending the message of its effect. */
export type SettleResult = { readonly status: 'settled' } | { readonly status: 'refused'; readonly record: LedgerRecord };

/** One run's attempt to send the message of a committed effect. */
export interface Sending {
  readonly bucket: string;
  readonly key: string;
  /** The commit whose message it is. */
  readonly commit: string | undefined;
  readonly run: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly expiresAt: number;
}

/** The table: one record per key. Every write is conditional and can be repeated when its answer was lost. */
export interface Ledger {
  read(bucket: string, key: string): Promise<LedgerRecord | undefined>;
  /** Opens a claim; the last committed effect stays on the record. */
  claim(claim: Claim): Promise<ClaimResult>;
  /** Replaces the effect and ends the claim. Repeated by the same run, it changes nothing. */
  commit(
    claim: Claim,
    effect: Effect,
    options: { readonly announce: boolean; readonly reported: readonly string[] },
  ): Promise<SettleResult>;
  /**
   * Removes everything from the record that shows or names the photo. The claim stays open (`processing`), or ends (`gone`) and the record,
   * which from then on only orders late events, expires.
   */
  forget(claim: Claim, status: 'processing' | 'gone'): Promise<SettleResult>;
  /** Ends the claim and leaves the effect as it is; `processing` gives the claim up for a retry. False if it was taken over. */
  release(claim: Claim, status: RecordStatus): Promise<boolean>;
  /** Reserves the message of an effect for this run; false if it was sent or another run is sending it. */
  startSending(sending: Sending): Promise<boolean>;
  /** Ends the reservation: `sent`, or to be sent by any other run. */
  finishSending(sending: Sending, sent: boolean): Promise<void>;
}

export interface Notification {
  /** ASCII, under 100 characters, no line break. */
  readonly subject: string;
  readonly message: string;
  /** Subscriptions filter by these. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Notifier {
  publish(notification: Notification): Promise<void>;
}
