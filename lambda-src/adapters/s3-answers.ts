import { S3ServiceException } from '@aws-sdk/client-s3';

/** The HTTP status of an answer by which S3 refused a request; undefined for any other fault. */
export function httpStatusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** ETags travel in quotes. */
export function unquoted(etag: string | undefined): string {
  return etag?.replaceAll('"', '') ?? '';
}
