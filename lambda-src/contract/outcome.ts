import type { OutputFormat } from './recipe.ts';

/**
 * Reasons why an image fails through its own fault. `sentence` explains the failure to anyone; `hint` is the operator's next step. Emails and
 * reports contain both. Closed: to add a code, add it here; everything that lists the codes follows.
 */
export const FAILURES = {
  TooLarge: {
    sentence: 'The file is larger than this pipeline accepts.',
    hint: "Upload a smaller file, or raise limits.maxBytes after checking the function's memory.",
  },
  Empty: {
    sentence: 'The file is empty.',
    hint: 'Upload it again; the sender probably stopped before the first byte.',
  },
  UnsupportedType: {
    sentence: 'The file is not an image in a format that this pipeline reads (standard JPEG, PNG, WebP, AVIF, GIF, TIFF).',
    hint: 'The detail says what the file contains, whatever its name: convert it, for example to JPEG, and upload it again.',
  },
  UnsupportedHeic: {
    sentence: 'The file is a HEIC photo, which this pipeline cannot decode.',
    hint: 'Export it as JPEG; on an iPhone, choose Settings > Camera > Formats > Most Compatible. The setting `heic` decodes most HEIC photos.',
  },
  TooManyPixels: {
    sentence: 'The image has more pixels than this pipeline accepts.',
    hint: "Upload a smaller image, or raise limits.maxPixels after checking the function's memory.",
  },
  Corrupt: {
    sentence: 'The image is damaged or incomplete and cannot be decoded.',
    hint: 'Upload it again from the original; if that fails too, the original is damaged.',
  },
  DeadlineExceeded: {
    sentence: 'The image took too long to process.',
    hint: 'Give the function more memory (which also gives it more CPU) or a longer timeout, then upload the file again.',
  },
  Archived: {
    sentence: 'The file is in archive storage and cannot be read.',
    hint: 'Restore it in S3, or copy it to the STANDARD storage class; then process it with a backfill.',
  },
  CustomerKey: {
    sentence: 'The file is encrypted with a key that only its uploader has (SSE-C).',
    hint: 'Upload it again without a customer-provided key; the bucket encrypts it anyway.',
  },
  KeyAccessDenied: {
    sentence: 'The file is encrypted with a KMS key that this pipeline may not use.',
    hint: "Allow kms:Decrypt for the function's role, in the role's policy and in the key policy; then process the file with a backfill.",
  },
  KeyUnusable: {
    sentence: 'The file is encrypted with a KMS key that is disabled or deleted.',
    hint: 'Enable the key or cancel its deletion, then process the file with a backfill. Without the key, the file cannot be read.',
  },
  KeyTooLong: {
    sentence: 'The name of the file is too long for the names of its renditions.',
    hint: 'S3 allows keys of 1,024 bytes, including the rendition prefix: upload the file under a shorter key.',
  },
  MalformedKey: {
    sentence: 'The name of the file could not be decoded.',
    hint: 'The event contained a malformed percent escape: upload the file under another key.',
  },
} as const satisfies Record<string, { sentence: string; hint: string }>;

export type FailureCode = keyof typeof FAILURES;

/** Facts about an original. Width and height are as displayed, after the EXIF orientation. */
export interface ImageFacts {
  readonly width: number;
  readonly height: number;
  /** Detected from the bytes: `jpeg`, `png`, `webp`, `avif`, `gif`, `tiff` or `heic`. */
  readonly format: string;
  /** ThumbHash placeholder, base64 (https://evanw.github.io/thumbhash/). */
  readonly thumbHash?: string | undefined;
  /** Average colour of the picture, as `#rrggbb`; only if the recipe has a manifest, which contains it. */
  readonly averageColour?: string | undefined;
}

/** What an original says about itself, as far as the settings ask for it. */
export interface PhotoMetadata {
  /** ISO 8601 without fractions, such as `2026-03-04T05:06:07+01:00`; without an offset, it is the local time of the camera. */
  readonly captureTime?: string | undefined;
  readonly camera?: string | undefined;
  readonly copyright?: string | undefined;
  readonly caption?: string | undefined;
  /** In degrees; north and east are positive. */
  readonly gps?: { readonly latitude: number; readonly longitude: number } | undefined;
}

/** A rendition in the output bucket. */
export interface StoredRendition {
  readonly name: string;
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly format: OutputFormat;
  readonly bytes: number;
  /** Digest of the bytes, 16 hexadecimal characters; only if the recipe has a manifest, which contains it. */
  readonly hash?: string | undefined;
}

interface OutcomeOf<Status extends string> {
  readonly status: Status;
  /** The decoded key. */
  readonly key: string;
}

/** Outcome of one upload event; closed. */
export type Outcome =
  | (OutcomeOf<'processed'> & { readonly image: ImageFacts; readonly renditions: readonly StoredRendition[] })
  | (OutcomeOf<'failed'> & { readonly failureCode: FailureCode; readonly detail: string })
  /** The same event was already handled or, if `inProgress`, another invocation is handling it. */
  | (OutcomeOf<'duplicate'> & { readonly inProgress: boolean })
  /** A newer upload of the same key takes precedence. */
  | OutcomeOf<'superseded'>
  /** The object was deleted. */
  | OutcomeOf<'gone'>
  | (OutcomeOf<'ignored'> & { readonly reason: string });

export type OutcomeStatus = Outcome['status'];
export const OUTCOME_STATUSES = [
  'processed',
  'failed',
  'duplicate',
  'superseded',
  'gone',
  'ignored',
] as const satisfies readonly OutcomeStatus[];

/** An image that fails through its own fault. The failure is recorded and announced, never retried. */
export class ImageFailure extends Error {
  override readonly name = 'ImageFailure';
  readonly code: FailureCode;
  constructor(code: FailureCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}
