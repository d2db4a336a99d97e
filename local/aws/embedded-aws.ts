import {
  type AttributeDefinition,
  CreateTableCommand,
  DynamoDBClient,
  type GlobalSecondaryIndex,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import dynalite from 'dynalite';
import { buildApp } from 'fauxqs';
import { hasOutputs } from '../../config/handler-settings.ts';
import { fillIn, type PipelineSettings } from '../../config/settings.ts';
import { type AwsRequest, watchDynamoDb, watchS3 } from './aws-requests.ts';
import { EmbeddedObjects, HeldOriginals } from './embedded-objects.ts';
import { closeServer, listenOnLoopback } from './loopback.ts';
import { ObjectProperties } from './object-properties.ts';
import { refuseForeignPages, refuseFormPosts, takeLargeBodies } from './s3-endpoint.ts';

/** The account in the names of local resources. */
export const LOCAL_ACCOUNT = '000000000000';

/** Loopback URLs that speak the AWS protocols; any credentials work. */
export type AwsEndpoints = Readonly<Record<keyof AwsClients, string>>;

/** Clients for the embedded AWS. */
interface AwsClients {
  readonly s3: S3Client;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
}

/** Names of the resources that the function uses. */
export interface AwsResources {
  readonly uploadBucket: string;
  /** Where renditions are written; undefined when there are none. */
  readonly outputBucket: string | undefined;
  readonly tableName: string;
  readonly topicArn: string;
  /** A queue that receives what the topic would mail. */
  readonly mailQueueUrl: string;
  readonly deadLetterQueueUrl: string;
}

export interface EmbeddedAwsOptions {
  /** Port of S3, SNS and SQS. Default: a free one. */
  readonly port?: number | undefined;
  /** Folder that stores the table. Default: in memory. */
  readonly tables?: string | undefined;
  /** Called for every request to S3 and every write to DynamoDB, once it is complete. */
  readonly onRequest?: ((request: AwsRequest) => void) | undefined;
}

export interface EmbeddedAws {
  readonly endpoints: AwsEndpoints;
  readonly clients: AwsClients;
  readonly resources: AwsResources;
  /** Direct access to the objects, for this process. */
  readonly objects: EmbeddedObjects;
  readonly originals: HeldOriginals;
  close(): Promise<void>;
}

/** Answers "the images of a day, newest first". */
const UPLOAD_TIMESTAMP_INDEX = {
  attributes: [
    { AttributeName: 'UploadDate', AttributeType: 'S' },
    { AttributeName: 'UploadTimestamp', AttributeType: 'N' },
  ],
  index: {
    IndexName: 'UploadTimestampIndex',
    KeySchema: [
      { AttributeName: 'UploadDate', KeyType: 'HASH' },
      { AttributeName: 'UploadTimestamp', KeyType: 'RANGE' },
    ],
    Projection: { ProjectionType: 'ALL' },
  },
} satisfies { attributes: AttributeDefinition[]; index: GlobalSecondaryIndex };

/** Starts S3, SNS, SQS and DynamoDB on loopback ports and creates the resources of a deployment there. */
export async function startEmbeddedAws(
  settings: PipelineSettings,
  { port = 0, tables, onRequest }: EmbeddedAwsOptions = {},
): Promise<EmbeddedAws> {
  const { region } = settings;
  const fauxqs = buildApp({ logger: false, defaultRegion: region });
  const table = dynalite({ createTableMs: 0, path: tables });
  refuseForeignPages(fauxqs);
  refuseFormPosts(fauxqs);
  takeLargeBodies(fauxqs);
  const originals = new HeldOriginals(fauxqs, new ObjectProperties(fauxqs));
  if (onRequest !== undefined) {
    watchS3(fauxqs, onRequest);
    watchDynamoDb(table, onRequest);
  }
  const stop = () => Promise.all([fauxqs.close(), closeServer(table)]);
  const listening = Promise.all([fauxqs.listen({ port, host: '127.0.0.1' }), listenOnLoopback(table)]);
  const [queuesAndBuckets, dynamodb] = await listening.catch(async (error) => {
    await stop();
    throw error;
  });
  const endpoints = { s3: queuesAndBuckets, sns: queuesAndBuckets, sqs: queuesAndBuckets, dynamodb };
  const clients = clientsFor(endpoints, region);
  const close = async (): Promise<void> => {
    for (const client of Object.values(clients)) client.destroy();
    await stop();
  };
  try {
    return {
      endpoints,
      clients,
      resources: await createResources(settings, clients),
      objects: new EmbeddedObjects(fauxqs),
      originals,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function clientsFor(endpoints: AwsEndpoints, region: string): AwsClients {
  const options = { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  return {
    s3: new S3Client({ ...options, endpoint: endpoints.s3, forcePathStyle: true }),
    sns: new SNSClient({ ...options, endpoint: endpoints.sns }),
    sqs: new SQSClient({ ...options, endpoint: endpoints.sqs }),
    dynamodb: new DynamoDBClient({ ...options, endpoint: endpoints.dynamodb }),
  };
}

async function createResources(settings: PipelineSettings, clients: AwsClients): Promise<AwsResources> {
  const named = (template: string): string => fillIn(template, settings, LOCAL_ACCOUNT);
  const uploadBucket = named(settings.uploadBucket.name);
  const ownBucket = settings.outputBucket === null ? undefined : named(settings.outputBucket.name);
  const tableName = named(settings.table.name);
  const topicName = named(settings.notifications.topicName);
  const functionName = named(settings.function.name);
  const [, , , deadLetterQueueUrl, topic] = await Promise.all([
    clients.s3.send(new CreateBucketCommand({ Bucket: uploadBucket })),
    ownBucket === undefined ? undefined : clients.s3.send(new CreateBucketCommand({ Bucket: ownBucket })),
    createTable(clients.dynamodb, tableName, settings.table),
    createQueue(clients.sqs, `${functionName}-dead-letters`),
    createTopic(clients, topicName, settings.region),
  ]);
  const outputBucket = hasOutputs(settings) ? (ownBucket ?? uploadBucket) : undefined;
  return { uploadBucket, outputBucket, tableName, deadLetterQueueUrl, ...topic };
}

async function createQueue(sqs: SQSClient, QueueName: string): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
  return QueueUrl;
}

async function createTopic(
  { sns, sqs }: AwsClients,
  name: string,
  region: string,
): Promise<Pick<AwsResources, 'topicArn' | 'mailQueueUrl'>> {
  const mailQueue = `${name}-mails`;
  const [{ TopicArn = '' }, mailQueueUrl] = await Promise.all([
    sns.send(new CreateTopicCommand({ Name: name })),
    createQueue(sqs, mailQueue),
  ]);
  const queueArn = `arn:aws:sqs:${region}:${LOCAL_ACCOUNT}:${mailQueue}`;
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queueArn }));
  return { topicArn: TopicArn, mailQueueUrl };
}

async function createTable(dynamodb: DynamoDBClient, TableName: string, table: PipelineSettings['table']): Promise<void> {
  const creation = new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: table.partitionKey, KeyType: 'HASH' }],
    AttributeDefinitions: [
      { AttributeName: table.partitionKey, AttributeType: 'S' },
      ...(table.uploadTimestampIndex ? UPLOAD_TIMESTAMP_INDEX.attributes : []),
    ],
    ...(table.uploadTimestampIndex ? { GlobalSecondaryIndexes: [UPLOAD_TIMESTAMP_INDEX.index] } : {}),
  });
  await dynamodb.send(creation).catch((error: Error) => {
    // A folder from an earlier run already has the table.
    if (error.name !== 'ResourceInUseException') throw error;
  });
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.05 }, { TableName });
}
