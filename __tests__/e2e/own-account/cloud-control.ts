import { createServer } from 'node:http';
import { GetBucketNotificationConfigurationCommand, GetBucketVersioningCommand, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { closeServer, listenOnLoopback } from '../../../local/aws/loopback.ts';

const requestSchema = z.object({ TypeName: z.literal('AWS::S3::Bucket'), Identifier: z.string() });

/**
 * The one call of the Cloud Control API that a plan makes, which the emulator lacks: `GetResource` of a bucket, answered from what the emulated S3 has of it
 * (https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_GetResource.html).
 */
export async function serveCloudControl(s3: S3Client): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const { TypeName, Identifier } = requestSchema.parse(JSON.parse(Buffer.concat(await request.toArray()).toString()));
    const Properties = JSON.stringify(await propertiesOf(s3, Identifier));
    response
      .writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify({ TypeName, ResourceDescription: { Identifier, Properties } }));
  });
  return { url: await listenOnLoopback(server), close: () => closeServer(server) };
}

/** In the words of CloudFormation's AWS::S3::Bucket. */
async function propertiesOf(s3: S3Client, Bucket: string): Promise<object> {
  const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
  const { EventBridgeConfiguration } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  return {
    BucketName: Bucket,
    ...(Status !== undefined && { VersioningConfiguration: { Status } }),
    ...(EventBridgeConfiguration !== undefined && {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    }),
  };
}
