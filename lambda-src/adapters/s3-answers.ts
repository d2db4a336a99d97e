import { S3ServiceException } from '@aws-sdk/client-s3';

/** The HTTP status of an answer by which S3 refused a request; undefined for any other fault. */
export function httpStatusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** ETags travel in quotes. */
export function unquoted(etag: string | undefined): string {
  return etag?.replaceAll('"', '') ?? '';
}

/** The delete marker that S3 reports on top of a key which it does not find; `versionId` is the marker's own. */
export function deleteMarkerOf(error: unknown): { readonly versionId: string | undefined } | undefined {
  const headers = error instanceof S3ServiceException ? error.$response?.headers : undefined;
  return headers?.['x-amz-delete-marker'] === 'true' ? { versionId: headers['x-amz-version-id'] } : undefined;
}
