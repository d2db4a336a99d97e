import { InvalidObjectState, S3ServiceException } from '@aws-sdk/client-s3';
import type { FailureCode } from '../contract/outcome.ts';

/** KMS errors that S3 passes on by name, for keys that are disabled, pending deletion or deleted. */
const UNUSABLE_KEY_ERRORS = new Set(['KMS.DisabledException', 'KMS.KMSInvalidStateException', 'KMS.NotFoundException']);
const DENIED_KEY_ERRORS = new Set(['KMS.AccessDeniedException']);
/** IAM messages can be long: they contain the ARNs of users, keys and policies. */
const MAX_DETAIL_LENGTH = 400;

/**
 * Returns the permanent reason why S3 does not hand out an object, from its response to a GET; undefined for any other fault. A plain
 * `AccessDenied` is a deployment fault, not a permanent reason: once it is fixed, the retry succeeds.
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and, for the names of KMS,
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html)
 */
export function unreadable(error: unknown): { readonly code: FailureCode; readonly detail: string } | undefined {
  if (!(error instanceof S3ServiceException)) return undefined;
  const { name, message } = error;
  if (name === 'InvalidObjectState') return { code: 'Archived', detail: storageOf(error) };
  if (name === 'InvalidRequest' && /server.side encryption/i.test(message)) {
    return { code: 'CustomerKey', detail: 'S3 requires the key that the object was uploaded with (SSE-C)' };
  }
  if (UNUSABLE_KEY_ERRORS.has(name)) return { code: 'KeyUnusable', detail: shortened(`${name}: ${message}`) };
  // The message names the denied action: one of kms for a key, one of s3 for a bucket policy.
  if (DENIED_KEY_ERRORS.has(name) || (name === 'AccessDenied' && /\bkms:/i.test(message))) {
    return { code: 'KeyAccessDenied', detail: shortened(message) };
  }
  return undefined;
}

function storageOf(error: S3ServiceException): string {
  const { StorageClass, AccessTier } = error instanceof InvalidObjectState ? error : {};
  return `S3 keeps the object in ${[StorageClass ?? 'an archive storage class', AccessTier].filter(Boolean).join(', ')}`;
}

function shortened(message: string): string {
  return message.slice(0, MAX_DETAIL_LENGTH);
}
