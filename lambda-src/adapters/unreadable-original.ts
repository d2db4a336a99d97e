import { InvalidObjectState, S3ServiceException } from '@aws-sdk/client-s3';
import type { FailureCode } from '../contract/outcome.ts';

/** Errors of KMS that S3 passes on under its own name, for keys that are disabled, being deleted, or gone. */
const UNUSABLE_KEY_ERRORS = new Set(['KMS.DisabledException', 'KMS.KMSInvalidStateException', 'KMS.NotFoundException']);
const DENIED_KEY_ERRORS = new Set(['KMS.AccessDeniedException']);
/** A message of IAM names users, keys and policies by their ARNs. */
const MAX_DETAIL_LENGTH = 400;

/**
 * Why S3 refuses an object whatever the caller tries, told from the answer to a GET; undefined for every other fault.
 * A plain `AccessDenied` is not among them: it is a fault of the deployment, and its repair cures the retry.
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and, for the names of KMS,
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html)
 */
export function unreadable(error: unknown): { readonly code: FailureCode; readonly detail: string } | undefined {
  if (!(error instanceof S3ServiceException)) return undefined;
  const { name, message } = error;
  if (name === 'InvalidObjectState') return { code: 'Archived', detail: storageOf(error) };
  if (name === 'InvalidRequest' && /server.side encryption/i.test(message)) {
    return { code: 'CustomerKey', detail: 'S3 wants the key that the object was uploaded with (SSE-C)' };
  }
  if (UNUSABLE_KEY_ERRORS.has(name)) return { code: 'KeyUnusable', detail: shortened(`${name}: ${message}`) };
  // S3 names the action that KMS denied; the message of an S3 policy names an action of s3.
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
