import type { FailureCode, ImageFacts, StoredRendition } from './contract/outcome.ts';

/** One thing that happened to one key, whoever told of it: an S3 event or an S3 Batch Operations task. */
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

/** An original as it stands in the bucket now. */
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
  /** Something else stands there than the ETag asked for. */
  | { readonly status: 'replaced' }
  | { readonly status: 'gone' }
  /** More bytes than allowed; the download was stopped. */
  | { readonly status: 'tooLarge'; readonly bytes: number }
  /** The object is there, but no attempt will read it until somebody changes its storage or its key. */
  | { readonly status: 'unreadable'; readonly code: FailureCode; readonly detail: string };

/** The bucket of uploads. Methods throw on every fault that another attempt may cure. */
export interface OriginalStore {
  head(bucket: string, key: string): Promise<ObjectHead | undefined>;
  /** Reads the current object if its ETag is the given one (any, when absent); never more than `maxBytes`. */
  read(request: { bucket: string; key: string; etag?: string | undefined; maxBytes: number; signal?: AbortSignal }): Promise<ReadResult>;
}

/** Whose rendition stands under an output key. */
export interface RenditionHead {
  readonly etag: string;
  /** The rendition's own version; absent in buckets without versioning. */
  readonly ownVersionId?: string | undefined;
  /** Padded sequencer of the original it was made from; empty when made by a backfill or by something else. */
  readonly sequencer: string;
  readonly versionId?: string | undefined;
  readonly recipeHash?: string | undefined;
}

export interface RenditionUpload {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** User metadata as it will stand on the object. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Compare-and-swap: write only over this ETag, or (`undefined`) only where nothing stands. */
  readonly replaces: string | undefined;
}

/** The bucket of renditions. */
export interface RenditionStore {
  head(key: string): Promise<RenditionHead | undefined>;
  /** `changed` when the key is no longer what `replaces` said. */
  put(upload: RenditionUpload): Promise<'stored' | 'changed'>;
  /** Deletes exactly this version of the rendition, so that the one before it stands again; without versioning, if the ETag still fits. */
  remove(key: string, standing: RenditionHead): Promise<void>;
}

export type RecordStatus = 'processing' | 'processed' | 'failed' | 'superseded' | 'gone';

/** The ledger's record of one key, as the protocol sees it. */
export interface LedgerRecord {
  readonly status: RecordStatus;
  readonly sequencer: string;
  readonly versionId?: string | undefined;
  readonly etag?: string | undefined;
  readonly recipeHash?: string | undefined;
  /** Request id of the invocation that holds or held the claim. */
  readonly owner: string;
  /** Epoch milliseconds; the claim is free from then on. */
  readonly leaseExpiresAt: number;
  /** Whether the effect of this event was announced, or is never to be. */
  readonly notified: boolean;
  /** Whether the claim is or was a backfill's. */
  readonly byBackfill: boolean;
  /** What is to be announced, kept for an invocation that takes an unannounced record over. */
  readonly effect?: Effect | undefined;
}

/** A claim: who works on which event until when. */
export interface Claim {
  readonly event: UploadEvent;
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly leaseExpiresAt: number;
  /** The recipe that will be used. */
  readonly recipeHash: string;
}

/** What was done for one upload, to be committed and announced. */
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
      /** Whether an earlier effect of this very event was announced: a renewal is not announced again. */
      readonly notified: boolean;
    }
  | { readonly status: 'refused'; readonly record: LedgerRecord };

/** The table. Every write is conditional, so that an answer that was lost can be asked for again. */
export interface Ledger {
  read(bucket: string, key: string): Promise<LedgerRecord | undefined>;
  claim(claim: Claim): Promise<ClaimResult>;
  /** Takes over a finished record that nobody announced; false when someone else did. */
  takeOver(claim: Claim): Promise<boolean>;
  /** Records the effect if the claim still stands; `announce` false marks it as notified at once. */
  commit(claim: Claim, effect: Effect, announce: boolean): Promise<boolean>;
  /** Ends a claim without an effect: `superseded`, `gone`, or `processing` with the lease given up for a retry. */
  release(claim: Claim, status: 'superseded' | 'gone' | 'processing'): Promise<boolean>;
  /** Marks the record as notified if the claim still stands. */
  markNotified(claim: Claim): Promise<boolean>;
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
