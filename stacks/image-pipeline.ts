import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { Op, type Precondition } from 'cdktf';
import { Construct } from 'constructs';
import { handlerSettings } from '../config/handler-settings.ts';
import { fillIn, type PipelineSettings } from '../config/settings.ts';
import { type PlannedHandlerSettings, toEnvironment } from '../lambda-src/contract/environment.ts';
import { outputPrefixes } from '../lambda-src/contract/recipe.ts';
import { Alarms } from './parts/alarms.ts';
import { BatchJobs } from './parts/batch-jobs.ts';
import { Dashboard } from './parts/dashboard.ts';
import { EventBridgeTrigger } from './parts/eventbridge-trigger.ts';
import { ExistingBucket, type RoleGrant } from './parts/existing-bucket.ts';
import { ImageBucket } from './parts/image-bucket.ts';
import { ImageProcessor } from './parts/image-processor.ts';
import { LedgerTable } from './parts/ledger-table.ts';
import { SavedQueries } from './parts/log-queries.ts';
import { NotificationTopic } from './parts/notification-topic.ts';
import { OperatorInputs } from './parts/operator-inputs.ts';
import type { PhotoBucket } from './parts/photo-bucket.ts';
import { PipelineMetrics } from './parts/pipeline-metrics.ts';
import type { Grantee } from './parts/policy-document.ts';
import { Reconciler } from './parts/reconciler.ts';
import { UploadTrigger } from './parts/upload-trigger.ts';

/**
 * All resources of one deployment, without provider and backend, so that you can use it in your own stack. An upload triggers
 * the processor, which updates the ledger, stores renditions and sends notifications; alarms and a dashboard monitor it.
 */
export class ImagePipeline extends Construct {
  readonly uploads: PhotoBucket;
  /** Absent when renditions go to the upload bucket, or when there are none. */
  readonly renditions: PhotoBucket | undefined;
  readonly ledger: LedgerTable;
  readonly notifications: NotificationTopic;
  /** Alarms have their own topic, so that no filter or encryption meant for images can block them. */
  readonly alarmNotifications: NotificationTopic;
  readonly processor: ImageProcessor;
  /** Absent without `reconcile`. */
  readonly reconciler: Reconciler | undefined;
  readonly dashboard: Dashboard;
  /** Absent unless `batchJobs` is set. */
  readonly batchJobs: BatchJobs | undefined;
  /** The statements that the policies of existing buckets need, as JSON. */
  readonly bucketPolicies: { readonly uploads?: string; readonly renditions?: string };
  private readonly settings: PipelineSettings;
  private readonly accountId: string;
  private readonly inputs: OperatorInputs;

  constructor(scope: Construct, id: string, settings: PipelineSettings) {
    super(scope, id);
    this.settings = settings;
    this.accountId = new DataAwsCallerIdentity(this, 'caller').accountId;
    this.inputs = new OperatorInputs(this, 'inputs', settings, this.accountId);

    this.uploads = this.uploadBucket();
    this.renditions = this.renditionBucket();
    this.ledger = this.ledgerTable();
    this.notifications = this.notificationTopic();
    this.processor = this.imageProcessor();
    this.grant();
    this.reconciler = this.photoReconciler();
    this.bucketPolicies = this.existingBucketPolicies();
    this.trigger();
    const metrics = this.metrics();
    this.alarmNotifications = this.alarms(metrics);
    this.dashboard = this.metricsDashboard(metrics);
    this.batchJobs = this.batch();
    if (settings.dashboard.savedQueries)
      new SavedQueries(this, 'queries', { folder: this.processor.functionName, logGroupName: this.processor.logGroupName });
  }

  private uploadBucket(): PhotoBucket {
    const { uploadBucket } = this.settings;
    return this.bucket('uploads', uploadBucket, { name: this.inputs.uploadBucketName, announcesUploads: true });
  }

  private renditionBucket(): PhotoBucket | undefined {
    const { outputBucket } = this.settings;
    const name = this.inputs.outputBucketName;
    if (outputBucket === null || name === undefined) return undefined;
    return this.bucket('renditions', outputBucket, { name, announcesUploads: false, precondition: this.twoBuckets(name) });
  }

  private bucket(
    id: string,
    { existing, kmsKeyArn = this.kmsKeyArn, lifecycle, tags }: PipelineSettings['uploadBucket'],
    { name, announcesUploads, precondition }: { name: string; announcesUploads: boolean; precondition?: Precondition | undefined },
  ): PhotoBucket {
    const { forceDestroy, region } = this.settings;
    const verified = this.inputs.verifyExistingBuckets;
    if (existing === undefined || verified === undefined)
      return new ImageBucket(this, id, { name, lifecycle, tags, forceDestroy, kmsKeyArn, precondition });
    return new ExistingBucket(this, id, { name, region, announcesUploads, kmsKeyArn, verified });
  }

  /**
   * Rejects variables that give both buckets the same name, because every rendition would trigger the function again. Settings are
   * already checked for this, but variables are only known at plan time.
   */
  private twoBuckets(outputBucketName: string): Precondition | undefined {
    const { uploadBucket, outputBucket } = this.settings;
    if (uploadBucket.nameVariable === undefined && outputBucket?.nameVariable === undefined) return undefined;
    return {
      condition: Op.neq(outputBucketName, this.inputs.uploadBucketName),
      errorMessage: 'Uploads and renditions need different buckets: give source_bucket_name or thumbnail_bucket_name another name.',
    };
  }

  private ledgerTable(): LedgerTable {
    const { table, deletionProtection } = this.settings;
    return new LedgerTable(this, 'ledger', { name: this.named(table.name), table, deletionProtection, kmsKeyArn: this.kmsKeyArn });
  }

  private notificationTopic(): NotificationTopic {
    const topic = new NotificationTopic(this, 'notifications', {
      name: this.named(this.settings.notifications.topicName),
      displayName: 'Image notifications',
      key: this.kmsKeyArn === undefined ? 'aws-managed' : { arn: this.kmsKeyArn },
    });
    topic.sendTo(this.inputs.notificationEndpoints);
    topic.mailStatusesTo(this.inputs.notificationEmail, this.inputs.mailedStatuses);
    return topic;
  }

  private imageProcessor(): ImageProcessor {
    return new ImageProcessor(this, 'processor', {
      settings: this.settings,
      functionName: this.named(this.settings.function.name),
      environment: toEnvironment(this.plannedHandlerSettings()),
      permissionsBoundary: this.permissionsBoundary,
      reservedConcurrency: this.inputs.reservedConcurrency,
      logLevel: this.inputs.logLevel,
    });
  }

  private plannedHandlerSettings(): PlannedHandlerSettings {
    const settled = handlerSettings(this.settings, {
      uploadBucket: this.uploads.bucketName,
      outputBucket: this.renditions?.bucketName,
      tableName: this.ledger.tableName,
      topicArn: this.notifications.arn,
    });
    const [first, ...rest] = settled.recipe.renditions;
    if (first === undefined) return settled;
    return { ...settled, recipe: { ...settled.recipe, renditions: [{ ...first, ...this.inputs.box }, ...rest] } };
  }

  private photoReconciler(): Reconciler | undefined {
    const { settings, processor, accountId, permissionsBoundary } = this;
    const { reconcile } = settings;
    if (reconcile === undefined) return undefined;
    const functionName = this.named(settings.function.name);
    const reconciler = new Reconciler(this, 'reconciler', {
      settings,
      reconcile,
      functionName,
      processor,
      permissionsBoundary,
      accountId,
    });
    for (const bucket of [this.uploads, this.renditions]) if (bucket !== undefined) this.grantListing(reconciler.role, bucket);
    this.ledger.grantReconciliation(reconciler.role);
    return reconciler;
  }

  private grantListing(grantee: Grantee, bucket: PhotoBucket): void {
    const { trigger, recipe } = this.settings;
    if (bucket === this.uploads) bucket.grantList(grantee, 'ListUploads', [trigger.prefix]);
    const prefixes = recipe.renditions.map(({ prefix }) => prefix);
    if (bucket === (this.renditions ?? this.uploads) && prefixes.length > 0) bucket.grantList(grantee, 'ListRenditions', prefixes);
  }

  private grant(): void {
    const { role } = this.processor;
    this.grantRead(role);
    this.grantStore(role);
    this.ledger.grantRecord(role);
    this.notifications.grantPublish(role);
  }

  private grantRead(grantee: Grantee): void {
    const { trigger, failedOriginals } = this.settings;
    this.uploads.grantRead(grantee, trigger.prefix);
    if (failedOriginals.tag) this.uploads.grantTagging(grantee, trigger.prefix);
    if (failedOriginals.quarantinePrefix !== undefined) this.uploads.grantCopying(grantee, trigger.prefix);
  }

  private grantStore(grantee: Grantee): void {
    const { recipe, failedOriginals, deletePropagation } = this.settings;
    const bucket = this.renditions ?? this.uploads;
    if (recipe.renditions.length > 0) {
      bucket.grantCompareAndSwap(grantee, {
        prefixes: outputPrefixes(recipe),
        tags: recipe.renditions.some(({ tags }) => tags !== undefined),
      });
    }
    const { quarantinePrefix } = failedOriginals;
    if (quarantinePrefix !== undefined) bucket.grantQuarantine(grantee, quarantinePrefix, { erasable: deletePropagation });
  }

  /** Returns the statements that the policies of existing buckets need, as JSON, by the bucket's purpose. */
  private existingBucketPolicies(): { readonly uploads?: string; readonly renditions?: string } {
    const { uploads, renditions } = this;
    const grantsOf = (bucket: PhotoBucket): RoleGrant[] => [
      {
        roleArn: this.processor.role.arn,
        grant: (grantee) => {
          if (bucket === uploads) this.grantRead(grantee);
          if (bucket === (renditions ?? uploads)) this.grantStore(grantee);
        },
      },
      ...(this.reconciler === undefined
        ? []
        : [{ roleArn: this.reconciler.role.arn, grant: (grantee: Grantee) => this.grantListing(grantee, bucket) }]),
    ];
    const policyOf = (bucket: ExistingBucket): string => JSON.stringify(bucket.requiredPolicy(grantsOf(bucket)));
    return {
      ...(uploads instanceof ExistingBucket && { uploads: policyOf(uploads) }),
      ...(renditions instanceof ExistingBucket && { renditions: policyOf(renditions) }),
    };
  }

  private trigger(): void {
    const Trigger = this.settings.trigger.source === 's3' ? UploadTrigger : EventBridgeTrigger;
    new Trigger(this, 'trigger', {
      bucket: this.uploads,
      processor: this.processor,
      trigger: this.settings.trigger,
      deletions: this.settings.deletePropagation,
      accountId: this.accountId,
    });
  }

  private metrics(): PipelineMetrics {
    return new PipelineMetrics({
      functionName: this.processor.functionName,
      tableName: this.ledger.tableName,
      deadLetterQueueName: this.processor.deadLetters.queueName,
      topicName: this.notifications.topicName,
      logGroupName: this.processor.logGroupName,
      reconcilerName: this.reconciler?.functionName,
      bucketNames: [this.uploads, this.renditions].flatMap((bucket) => bucket?.bucketName ?? []),
    });
  }

  private alarms(metrics: PipelineMetrics): NotificationTopic {
    const { encryption } = this.settings;
    const topic = new NotificationTopic(this, 'alarm-notifications', {
      name: this.named(this.settings.notifications.alarmTopicName),
      displayName: 'Image pipeline alarms',
      key: encryption?.admitsAlarms ? { arn: encryption.kmsKeyArn } : 'none',
    });
    topic.mailTo(this.inputs.alarmEmail);
    topic.sendTo(this.inputs.alarmEndpoints);
    const namePrefix = this.named(this.settings.function.name);
    const alarms = new Alarms(this, 'alarms', {
      alarms: this.settings.alarms,
      combined: this.settings.combinedAlarm,
      metrics,
      namePrefix,
      topicArn: topic.arn,
    });
    topic.admitAlarms(alarms.arns, this.accountId);
    return topic;
  }

  private metricsDashboard(metrics: PipelineMetrics): Dashboard {
    const { settings } = this;
    return new Dashboard(this, 'dashboard', { name: this.named(settings.dashboard.name), settings, metrics });
  }

  private batch(): BatchJobs | undefined {
    const { settings, processor, uploads, accountId, permissionsBoundary } = this;
    const concurrency = this.inputs.batchConcurrency;
    if (concurrency === undefined) return undefined;
    const functionName = this.named(settings.function.name);
    return new BatchJobs(this, 'batch', { settings, processor, functionName, uploads, accountId, permissionsBoundary, concurrency });
  }

  private get permissionsBoundary(): string | undefined {
    const { permissionsBoundaryArn } = this.settings.account;
    return permissionsBoundaryArn === undefined ? undefined : this.named(permissionsBoundaryArn);
  }

  private get kmsKeyArn(): string | undefined {
    return this.settings.encryption?.kmsKeyArn;
  }

  private named(template: string): string {
    return fillIn(template, this.settings, this.accountId);
  }
}
