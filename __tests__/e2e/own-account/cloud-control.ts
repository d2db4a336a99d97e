import { createServer } from 'node:http';
import { GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { closeServer, listenOnLoopback } from '../../../local/aws/loopback.ts';
import { callJson } from '../call-json.ts';
import type { EmulatedAws } from '../emulated-aws.ts';

const requestSchema = z.object({ TypeName: z.literal('AWS::S3::Bucket'), Identifier: z.string() });

/**
 * The only Cloud Control call of a plan, which the emulator lacks: `GetResource` of a bucket, answered from the emulator's own data
 * (https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_GetResource.html).
 */
export async function serveCloudControl(aws: EmulatedAws): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const { TypeName, Identifier } = requestSchema.parse(JSON.parse(Buffer.concat(await request.toArray()).toString()));
    const Properties = JSON.stringify(await propertiesOf(aws, Identifier));
    response
      .writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify({ TypeName, ResourceDescription: { Identifier, Properties } }));
  });
  return { url: await listenOnLoopback(server), close: () => closeServer(server) };
}

/** Properties in the format of CloudFormation's AWS::S3::Bucket. */
async function propertiesOf(aws: EmulatedAws, Bucket: string): Promise<object> {
  const { Status } = await aws.clients.s3.send(new GetBucketVersioningCommand({ Bucket }));
  return {
    BucketName: Bucket,
    ...(Status !== undefined && { VersioningConfiguration: { Status } }),
    ...((await notificationsOf(aws, Bucket)).EventBridgeConfiguration !== undefined && {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    }),
  };
}

const historySchema = z.object({
  configurationItems: z.tuple([
    z.object({
      supplementaryConfiguration: z.object({
        BucketNotificationConfiguration: z
          .string()
          .transform((text): unknown => JSON.parse(text))
          .pipe(z.object({ configurations: z.record(z.string(), z.unknown()) }))
          .optional(),
      }),
    }),
  ]),
});

/** Reads the notifications of a bucket through AWS Config, because the emulated S3 does not report EventBridge. */
export async function notificationsOf({ url, region }: EmulatedAws, resourceId: string): Promise<Record<string, unknown>> {
  const body = { resourceType: 'AWS::S3::Bucket', resourceId };
  const history = await callJson(url, { service: 'config', region, target: 'StarlingDoveService.GetResourceConfigHistory', body });
  const [{ supplementaryConfiguration }] = historySchema.parse(history).configurationItems;
  return supplementaryConfiguration.BucketNotificationConfiguration?.configurations ?? {};
}
