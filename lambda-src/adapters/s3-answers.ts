import { S3ServiceException } from '@aws-sdk/client-s3';

/** Returns the HTTP status if the error is an error response from S3, otherwise undefined. */
export function httpStatusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** Removes the quotes that S3 puts around an ETag. */
export function unquoted(etag: string | undefined): string {
  return etag?.replaceAll('"', '') ?? '';
}

/** Returns the delete marker that S3 reports for a key it does not find; `versionId` is that of the marker. */
export function deleteMarkerOf(error: unknown): { readonly versionId: string | undefined } | undefined {
  const headers = error instanceof S3ServiceException ? error.$response?.headers : undefined;
  return headers?.['x-amz-delete-marker'] === 'true' ? { versionId: headers['x-amz-version-id'] } : undefined;
}
