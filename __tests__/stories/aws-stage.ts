import { createHash } from 'node:crypto';
import { CreateTableCommand, GetItemCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { AwsClients } from '../../lambda-src/adapters/aws-clients.ts';
import { DynamoDbLedger } from '../../lambda-src/adapters/dynamodb-ledger.ts';
import { S3FailedOriginals } from '../../lambda-src/adapters/s3-failed-originals.ts';
import { S3OriginalStore } from '../../lambda-src/adapters/s3-original-store.ts';
import { S3RenditionStore } from '../../lambda-src/adapters/s3-rendition-store.ts';
import { SnsNotifier } from '../../lambda-src/adapters/sns-notifier.ts';
import { renditionKey } from '../../lambda-src/contract/rendition-key.ts';
import type { HandlerParts } from '../../lambda-src/handle-event.ts';
import type { Notification } from '../../lambda-src/ports.ts';
import { changed } from '../explorer/changed.ts';
import type { Mutation } from '../explorer/history.ts';
import type { Call } from '../explorer/invocation.ts';
import type { Observation } from '../explorer/observation.ts';
import type { Scenario } from '../explorer/scenario.ts';
import { contentOf, LEASE_SECONDS, QUARANTINE, RenditionNumbers, recipeOf, type Stage, seenManifest } from '../explorer/stage.ts';
import { MemoryPipeline, type S3Record } from '../in-memory/pipeline.ts';

const UPLOADS = 'uploads';
const RENDITIONS = 'renditions';
const TABLE = 'ledger';

type StoryClients = AwsClients & { readonly sns: SNSClient };

/** An AWS that stories run on, with the buckets, the table and the topic. */
export interface StoryAws {
  readonly clients: StoryClients;
  readonly topicArn: string;
  /** Whether the buckets keep versions. */
  readonly versions: boolean;
}

export async function prepareAws(clients: StoryClients, versions: boolean): Promise<StoryAws> {
  for (const Bucket of [UPLOADS, RENDITIONS]) {
    await clients.s3.send(new CreateBucketCommand({ Bucket }));
    if (versions) await clients.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  }
  await clients.dynamodb.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'ImageId', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'ImageId', KeyType: 'HASH' }],
    }),
  );
  await waitUntilTableExists({ client: clients.dynamodb, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.5 }, { TableName: TABLE });
  const { TopicArn = '' } = await clients.sns.send(new CreateTopicCommand({ Name: 'images' }));
  return { clients, topicArn: TopicArn, versions };
}

/** What was put or marked, under the name that a history gives it. */
interface Written {
  readonly label: string;
  readonly versionId: string | undefined;
  readonly etag: string;
  readonly sequencer: string;
}

/** The production adapters on the protocols of AWS. No earlier state can be restored there: a story runs once. */
export class AwsStage implements Stage {
  readonly parts: HandlerParts;
  readonly clock: number;
  readonly #aws: StoryAws;
  readonly #key: string;
  readonly #mutations: readonly Mutation[];
  readonly #renditions: readonly { readonly key: string; readonly prefix: string }[];
  readonly #hasManifest: boolean;
  readonly #shown = new Map<string, string>();
  readonly #marksFailures: boolean;
  readonly #ledger: DynamoDbLedger;
  readonly #numbers = new RenditionNumbers();
  readonly #sequencers: string[] = [];
  readonly #written: Written[] = [];
  #published: Notification[] = [];
  #isBlind = false;

  constructor(aws: StoryAws, key: string, scenario: Scenario) {
    this.#aws = aws;
    this.#key = key;
    this.#mutations = scenario.mutations;
    const { publish, deletePropagation, marksFailures = false } = scenario;
    this.#marksFailures = marksFailures;
    const marks = marksFailures ? { tagFailed: true, quarantinePrefix: QUARANTINE } : {};
    const recipe = recipeOf(scenario);
    this.#renditions = recipe.renditions.map((rendition) => ({ key: renditionKey(rendition, key), prefix: rendition.prefix }));
    this.#hasManifest = scenario.manifest;
    this.#ledger = new DynamoDbLedger(aws.clients.dynamodb, TABLE, 'ImageId');
    const originals = new S3OriginalStore(aws.clients.s3);
    const notifier = new SnsNotifier(aws.clients.sns, aws.topicArn);
    const pipeline = new MemoryPipeline({ publish, deletePropagation, recipe, leaseSeconds: LEASE_SECONDS, ...marks }, () => ({
      originals: this.#numbers.numbering(
        changed(originals, {
          head: async (bucket, of) => (this.#isBlind ? undefined : originals.head(bucket, of)),
          read: async (request) => (this.#isBlind ? { status: 'gone' } : originals.read(request)),
        }),
        (versionId, etag) => Number(this.#labelOf({ versionId, etag })?.slice(1) ?? 0),
      ),
      failedOriginals: new S3FailedOriginals(aws.clients.s3, RENDITIONS),
      renditions: new S3RenditionStore(aws.clients.s3, RENDITIONS),
      ledger: this.#ledger,
      notifier: {
        publish: async (notification) => {
          await notifier.publish(notification);
          this.#published.push(notification);
        },
      },
      render: async (bytes, options) => this.#numbers.render(bytes, options.recipe),
    }));
    this.parts = pipeline.parts;
    this.clock = Date.now();
  }

  async mutate(done: number): Promise<S3Record> {
    const mutation = this.#mutations[done - 1];
    if (mutation === undefined) throw new Error(`there is no mutation ${done}`);
    const sequencer = `0069A7${done.toString(16).padStart(6, '0').toUpperCase()}`;
    this.#sequencers.push(sequencer);
    const object = await this.#write(mutation, sequencer);
    return {
      eventName: eventNameOf(mutation),
      eventTime: new Date(this.clock).toISOString(),
      s3: { bucket: { name: UPLOADS }, object: { key: encodeURIComponent(this.#key), sequencer, ...object } },
    };
  }

  bring(): void {
    this.#published = [];
  }

  restored(): never {
    throw new Error('tables on AWS are not restored here');
  }

  async take({ port, method, parameters }: Call, blind: boolean): Promise<unknown> {
    this.#isBlind = blind;
    const target = Object(this.parts.dependencies[port]);
    return Reflect.apply(Reflect.get(target, method), target, parameters);
  }

  async look(): Promise<{ stores: undefined; seen: Observation; published: readonly Notification[] }> {
    const renditions = await Promise.all(
      this.#renditions.map(async ({ key, prefix }) => [key, await this.#objectsAt(key, prefix)] as const),
    );
    return {
      stores: undefined,
      seen: {
        record: await this.#record(),
        renditions: Object.fromEntries(renditions),
        manifest: this.#hasManifest ? await this.#manifests(Object.fromEntries(renditions)) : undefined,
        tagged: this.#marksFailures ? await this.#tagged() : [],
        copies: this.#marksFailures ? await this.#objectsAt(QUARANTINE + this.#key, '') : [],
      },
      published: this.#published,
    };
  }

  digest(): string {
    throw new Error('states on AWS cannot be compared');
  }

  async #write(mutation: Mutation, sequencer: string): Promise<Record<string, unknown>> {
    const { s3 } = this.#aws.clients;
    const Key = this.#key;
    const label = `v${this.#written.length + 1}`;
    if (mutation.kind === 'put') {
      const { ETag = '', VersionId } = await s3.send(new PutObjectCommand({ Bucket: UPLOADS, Key, Body: mutation.content }));
      const etag = ETag.replaceAll('"', '');
      this.#written.push({ label, versionId: VersionId, etag, sequencer });
      return { eTag: etag, versionId: VersionId, size: mutation.content.length };
    }
    const named = mutation.kind === 'undelete' ? this.#written.at(-1)?.label : 'version' in mutation ? mutation.version : undefined;
    const versionId = this.#written.find((written) => written.label === named)?.versionId;
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket: UPLOADS, Key, VersionId: versionId }));
    if (named === undefined) this.#written.push({ label, versionId: VersionId, etag: '', sequencer });
    return { versionId: versionId ?? VersionId };
  }

  /** The name of a version, by its ID; in buckets without versions by its sequencer or its bytes. */
  #labelOf({
    versionId,
    sequencer,
    etag,
  }: {
    versionId?: string | undefined;
    sequencer?: string | undefined;
    etag?: string | undefined;
  }): string | undefined {
    const found = this.#written.findLast((written) => {
      if (versionId !== undefined) return written.versionId === versionId;
      return sequencer === undefined ? written.etag === etag : sequencer.startsWith(written.sequencer);
    });
    return found?.label ?? versionId;
  }

  async #record(): Promise<Observation['record']> {
    const record = await this.#ledger.read(UPLOADS, this.#key);
    if (record === undefined) return undefined;
    const { status, effect, versionId, etag, commit, run, renditionsOf, announcement, leaseExpiresAt, reportedVersions } = record;
    const ImageId = createHash('sha256').update(`${UPLOADS}/${this.#key}`).digest('hex');
    const { Item = {} } = await this.#aws.clients.dynamodb.send(
      new GetItemCommand({ TableName: TABLE, Key: { ImageId: { S: ImageId } }, ConsistentRead: true }),
    );
    return {
      status,
      mutation: this.#sequencers.findIndex((sequencer) => record.sequencer.startsWith(sequencer)) + 1,
      run: status === 'processing' ? run?.slice(0, run.lastIndexOf('/')) : undefined,
      effect: effect && {
        status: effect.status === 'failed' ? 'failed' : 'processed',
        version: this.#labelOf({ versionId, etag }),
        commit: commit ?? '',
      },
      renditionsOf: renditionsOf && this.#labelOf(renditionsOf),
      owes: announcement !== undefined,
      shows: SHOWING.some((attribute) => attribute in Item),
      expires: 'ExpiresAt' in Item,
      leaseExpiresAt,
      reported: reportedVersions.length,
    };
  }

  /** @param made what a rendition's content begins with */
  async #objectsAt(key: string, made: string): Promise<Observation['renditions'][string]> {
    const stored = await this.#storedUnder(key);
    return stored.map(({ version, bytes }) => ({ version, ...contentOf(bytes, made) }));
  }

  async #manifests(renditions: Observation['renditions']): Promise<Observation['manifest']> {
    const stored = await this.#storedUnder(`manifests/${this.#key}.json`);
    return stored.map(({ version, bytes }) => {
      const { describes, picture, ...seen } = seenManifest(bytes);
      // In a bucket without versions, only the hashes say which version the renditions are of, as long as they are there.
      const listed = Object.entries(renditions).flatMap(([key, versions]) => versions.filter(({ hash }) => hash === picture?.hashes[key]));
      const known = this.#shown.get(`${version} ${bytes}`) ?? listed[0]?.version;
      if (known !== undefined) this.#shown.set(`${version} ${bytes}`, known);
      const shown = picture?.version === undefined ? known : this.#labelOf({ versionId: picture.version });
      return {
        ...seen,
        version,
        describes: describes === undefined && seen.status !== 'invalid' ? version : this.#labelOf({ versionId: describes }),
        picture: picture && { version: shown, hashes: picture.hashes },
      };
    });
  }

  /** The versions of the original that are tagged as failed. */
  async #tagged(): Promise<string[]> {
    const { s3 } = this.#aws.clients;
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: UPLOADS, Prefix: this.#key }));
    const labels = Versions.filter(({ Key }) => Key === this.#key).map(async ({ Key, VersionId = '' }) => {
      const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand({ Bucket: UPLOADS, Key, VersionId }));
      const isTagged = TagSet.some((tag) => tag.Key === 'image-pipeline-status' && tag.Value === 'failed');
      return isTagged ? [this.#labelOf({ versionId: VersionId }) ?? VersionId] : [];
    });
    return (await Promise.all(labels)).flat();
  }

  /** The versions of an object, the newest last. */
  async #storedUnder(Key: string): Promise<{ readonly version: string | undefined; readonly bytes: Buffer }[]> {
    const { s3 } = this.#aws.clients;
    const read = async (VersionId?: string) => {
      const { Body, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket: RENDITIONS, Key, VersionId }));
      const version = this.#labelOf({ versionId: Metadata['original-version-id'], sequencer: Metadata['original-sequencer'] });
      return { version, bytes: Buffer.from((await Body?.transformToByteArray()) ?? []) };
    };
    if (this.#aws.versions) {
      const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: RENDITIONS, Prefix: Key }));
      // The newest comes first.
      return Promise.all(
        Versions.filter((version) => version.Key === Key)
          .reverse()
          .map(({ VersionId }) => read(VersionId)),
      );
    }
    try {
      return [await read()];
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return [];
      throw error;
    }
  }
}

/** What shows or names a photo in its record. */
const SHOWING = [
  ...['BucketName', 'ObjectKey', 'FileName', 'FileSize', 'ContentType', 'UploadTimestamp', 'Width', 'Height', 'Format', 'ThumbHash'],
  ...['Renditions', 'ThumbnailPath', 'FailureDetail', 'ETag', 'Picture', 'ManifestOf', 'PhotoMetadata'],
];

function eventNameOf(mutation: Mutation): string {
  switch (mutation.kind) {
    case 'put':
      return 'ObjectCreated:Put';
    case 'delete':
      return 'ObjectRemoved:DeleteMarkerCreated';
    case 'expire':
      return mutation.version === undefined ? 'LifecycleExpiration:DeleteMarkerCreated' : 'LifecycleExpiration:Delete';
    default:
      return 'ObjectRemoved:Delete';
  }
}
