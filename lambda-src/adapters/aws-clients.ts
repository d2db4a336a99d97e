import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';

/** The clients that every photo needs. */
export interface AwsClients {
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
}

/** In milliseconds: a peer that stops talking is given up long before the function's own timeout, and the SDK tries three times. */
export const TIMEOUTS = { connectionTimeout: 2_000, socketTimeout: 8_000 };

export type Timeouts = typeof TIMEOUTS;

export function makeClients(timeouts: Timeouts = TIMEOUTS): AwsClients {
  const configuration = { requestHandler: timeouts };
  return { s3: new S3Client(configuration), dynamodb: new DynamoDBClient(configuration) };
}
