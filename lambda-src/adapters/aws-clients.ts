import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';

export interface AwsClients {
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
  readonly sns: SNSClient;
}

/** Makes the clients; a peer that stops talking is given up long before the function's own timeout, and the SDK tries three times. */
export function makeClients(timeouts = { connectionTimeout: 2_000, socketTimeout: 8_000 }): AwsClients {
  const configuration = { requestHandler: timeouts };
  return { s3: new S3Client(configuration), dynamodb: new DynamoDBClient(configuration), sns: new SNSClient(configuration) };
}
