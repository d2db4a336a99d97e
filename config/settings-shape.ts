import { z } from 'zod';
import { PUBLICATIONS } from '../lambda-src/contract/environment.ts';
import { recipeSchema } from '../lambda-src/contract/recipe.ts';
import { RECORD_ATTRIBUTES } from '../lambda-src/contract/record.ts';
import { alarmsSchema } from './alarm-shape.ts';
import { bucketSchema, kmsKeyArn, tags } from './bucket-shape.ts';
import { nameTemplate } from './names.ts';

/** What other tools treat as a wildcard must be escaped, so that every glob means what its author expects. */
const keyGlob = z
  .string()
  .max(200)
  .regex(
    /^(?!!)(?:\\.|[^\\[\]{}])+$/su,
    'must be a glob with *, ** and ? only; put "\\" before any other [, ], {, }, \\ and before a leading !',
  );

/** The available dashboard widgets; stacks/parts/dashboard.ts defines each. */
export const WIDGETS = [
  'invocations',
  'duration',
  'images',
  'concurrency',
  'tableCapacity',
  'objectCounts',
  'topicDelivery',
  'deadLetters',
  'backlog',
  'outcomes',
  'failureCodes',
  'latency',
  'cost',
] as const;
export type WidgetName = (typeof WIDGETS)[number];

/** The only retentions that CloudWatch Logs accepts (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html). */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;

/** Every setting of a deployment, with its unit, range and default. */
export const settingsShape = z.strictObject({
  /** Name of one of the four presets, or your own: lower-case letters, digits and dashes. */
  preset: z.string().regex(/^[a-z][a-z0-9-]{1,30}$/, 'must be lower-case letters, digits and dashes, 2 to 31 characters'),
  /**
   * Distinguishes deployments of one preset in one account. Unless it is `dev`, `test`, `ci`, `pr-…` or `preview-…`, the deployment is protected
   * against deletion. Default `dev`.
   */
  environmentSuffix: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?$/, 'must be 1 to 16 lower-case letters, digits and inner dashes')
    .default('dev'),
  /** AWS region. Default us-east-1. */
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region, such as us-east-1')
    .default('us-east-1'),
  /** What the AWS account requires of every deployment, and which role deploys. */
  account: z
    .strictObject({
      /** ARN of the permissions boundary of the function's role; `{account}` stands for the target account. Default: none. */
      permissionsBoundaryArn: z
        .string()
        .regex(/^arn:aws[a-z-]*:iam::(\d{12}|aws|\{account\}):policy\/[\w+=,.@/-]+$/, 'must be the ARN of an IAM policy')
        .optional(),
      /** Path of the function's role, such as `/service/`. Default `/`. */
      rolePath: z
        .string()
        .max(512)
        .regex(/^\/([\w+=,.@-]+\/)*$/, 'must begin and end with "/", such as "/service/"')
        .default('/'),
      /** Accounts that can be deployed to; a plan in any other fails. Default: all. */
      allowedAccountIds: z.array(z.string().regex(/^\d{12}$/, 'must be an AWS account id of 12 digits')).default([]),
      /** ARN of the role that Terraform assumes for the deployment. Default: the caller's own credentials. */
      deploymentRoleArn: z
        .string()
        .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'must be the ARN of an IAM role')
        .optional(),
    })
    .prefault({}),
  /** Encryption at rest with your own key. Default: AWS's keys. */
  encryption: z
    .strictObject({
      /**
       * ARN of a symmetric KMS key in the region of the deployment. It encrypts both buckets, the table, the topic, the queue, the log and the
       * function's environment; its policy must admit CloudWatch Logs (docs/your-account.md).
       */
      kmsKeyArn,
      /** Whether the key's policy admits CloudWatch alarms. Only then is the alarm topic encrypted, too. Default false. */
      admitsAlarms: z.boolean().default(false),
    })
    .optional(),
  /** CPU of the function; arm64 costs a fifth less. Default arm64. */
  architecture: z.enum(['arm64', 'x86_64']).default('arm64'),
  /** Lambda runtime; nodejs24.x needs version 6.21 or later of the AWS provider. Default nodejs22.x. */
  runtime: z.enum(['nodejs22.x', 'nodejs24.x']).default('nodejs22.x'),
  /** Expected images per day; the cost estimate starts from it. */
  imagesPerDay: z.number().int().min(1),
  /** Bucket for originals. */
  uploadBucket: bucketSchema,
  /** Bucket for renditions; null if they go to the upload bucket or there are none. */
  outputBucket: bucketSchema.nullable(),
  /** Which uploads are processed, and which service reports them. */
  trigger: z.strictObject({
    /**
     * Which service invokes the function for uploads: S3, through the bucket's only notification configuration, or EventBridge, which leaves that
     * configuration untouched. Default `s3`; an existing bucket requires `eventbridge`, which is then the default.
     */
    source: z.enum(['s3', 'eventbridge']).optional(),
    /** Only keys under this prefix are processed. Default: all. */
    prefix: z
      .string()
      .regex(/^([A-Za-z0-9!_.'()-]+\/)*$/, 'must be empty or end with "/", such as "uploads/"')
      .default(''),
    /** Only keys with one of these endings are processed, in any letter case. Default: all. */
    suffixes: z
      .array(z.string().regex(/^\.[a-z0-9]{1,8}$/, 'must be a lower-case file extension, such as ".jpg"'))
      .max(10)
      .default([]),
    /**
     * Only keys that match one of these globs are processed, such as `clients/**`; the function ignores the others before it reads a byte. `*` stands
     * for any characters but `/`, `?` for one of them, `**` for any characters. Letter case matters. docs/recipes.md has examples. Default: all.
     */
    include: z.array(keyGlob).max(20).default([]),
    /** Keys that match one of these globs are ignored, also if they match `include`. Default: none. */
    exclude: z.array(keyGlob).max(20).default([]),
  }),
  /** The images to derive from every upload. */
  recipe: z.prefault(recipeSchema, {}),
  /** Larger originals fail as `TooLarge` or `TooManyPixels`, before a pixel is decoded. */
  limits: z
    .strictObject({
      /** Largest original, in bytes, up to 100 MB. Default 25 MB. */
      maxBytes: z.number().int().min(1024).max(100_000_000).default(25_000_000),
      /** Largest original, in pixels, up to 100 million. Default 50 million. */
      maxPixels: z.number().int().min(10_000).max(100_000_000).default(50_000_000),
      /** Largest AVIF original, in pixels. Default 16 million. */
      maxAvifPixels: z.number().int().min(10_000).max(50_000_000).default(16_000_000),
      /** Most frames of an animation, up to 1,000; only for renditions that are `animated`. Default 250. */
      maxFrames: z.number().int().min(2).max(1000).default(250),
      /** Most pixels of all frames of an animation together; only for renditions that are `animated`. Default 25 million. */
      maxAnimationPixels: z.number().int().min(10_000).max(100_000_000).default(25_000_000),
      /** Largest HEIC original, in pixels; matters only with `heic`. Its decoder takes up to 18 bytes per pixel. Default 25 million. */
      maxHeicPixels: z.number().int().min(10_000).max(100_000_000).default(25_000_000),
    })
    .prefault({}),
  /**
   * Whether HEIC and HEIF photos, as iPhones take them, are decoded; without it they fail with `UnsupportedHeic`. `.heic` and `.heif` are then
   * added to `trigger.suffixes`, unless those are empty. The decoder is under the LGPL, and patents on HEVC may apply to you (docs/heic.md).
   * Default false.
   */
  heic: z.boolean().default(false),
  /** The Lambda function. */
  function: z.strictObject({
    /** Name of the function, and the prefix of the names of the dead-letter queue and the alarms. */
    name: nameTemplate,
    /** Memory in MB, 512–10,240; 1,769 MB provide one vCPU. It must be enough for the images in flight, each as large as `limits` allow. */
    memoryMb: z.number().int().min(512).max(10_240),
    /** Timeout of an invocation, in seconds, 10–900. Default 60. */
    timeoutSeconds: z.number().int().min(10).max(900).default(60),
    /**
     * Concurrent executions reserved for the function, which are also its maximum; -1 for no limit. It is the default of the Terraform
     * variable `reserved_concurrency`. Default -1.
     */
    reservedConcurrency: z.number().int().min(-1).max(10_000).default(-1),
    /** Days that CloudWatch keeps the log. */
    logRetentionDays: z
      .number()
      .refine((value) => (RETENTION_DAYS as readonly number[]).includes(value), `must be one of ${RETENTION_DAYS.join(', ')} days`),
    /** How long a claim on an image lasts, in seconds; at least the timeout plus 30 seconds. Default: the timeout plus 30 seconds. */
    leaseSeconds: z.number().int().positive().optional(),
  }),
  /** The table of records, which is also the ledger of the events. */
  table: z.strictObject({
    /** Name of the table. */
    name: nameTemplate,
    /** Name of the hash key. */
    partitionKey: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,60}$/, 'must be letters, digits and "_"')
      .refine((name) => !RECORD_ATTRIBUTES.includes(name), 'must not be the name of another attribute of the records'),
    /** Whether the index `UploadTimestampIndex` answers "the images of a day, newest first". Default false. */
    uploadTimestampIndex: z.boolean().default(false),
    /** Added to the table, besides the tags of every resource. Default: none. */
    tags: tags.default({}),
  }),
  /** The two topics, and what is sent to the first. */
  notifications: z.strictObject({
    /** Topic for notifications about images. */
    topicName: nameTemplate,
    /** Topic for alarms, separate so that no filter blocks them. */
    alarmTopicName: nameTemplate,
    /** What is published: one message per image with that status, or one `report` per invocation. */
    publish: z.array(z.enum(PUBLICATIONS)).min(1),
    /** Statuses that are mailed. It is the default of the Terraform variable `notification_statuses`. */
    mail: z.array(z.enum(['processed', 'failed'])).min(1),
  }),
  /** The alarms; docs/runbook.md has an entry for each. */
  alarms: alarmsSchema,
  /** The CloudWatch dashboard. */
  dashboard: z.strictObject({
    /** Name of the dashboard. */
    name: nameTemplate,
    /** The widgets, in their order. */
    widgets: z.array(z.enum(WIDGETS)).min(1),
    /**
     * Whether to save queries of the function's log in CloudWatch Logs Insights; free until they are run. Default: true unless the environment is
     * disposable.
     */
    savedQueries: z.boolean().optional(),
  }),
  /**
   * Compares the upload bucket with the records on a schedule, and counts photos whose events were lost, photos that were never finished, and
   * renditions without an original. Default: no reconciliation.
   */
  reconcile: z
    .strictObject({
      /** Hours from one run to the next, 1–24. A run compares some five million photos; larger buckets take several. */
      everyHours: z.number().int().min(1).max(24),
      /** Whether the function is also asked to process what was lost; it announces these photos as usual. Default false. */
      repair: z.boolean().default(false),
    })
    .optional(),
  /**
   * Whether to add an alarm that combines all alarms about photos that are not being processed. It goes off once, however many of them do, so
   * it is the one to page someone with. Default: true unless the environment is disposable.
   */
  combinedAlarm: z.boolean().optional(),
  /** Whether AWS X-Ray traces the invocations: init, duration and retries of each. AWS charges per trace. Default false. */
  tracing: z.boolean().default(false),
  /** How a new version of the function replaces the previous one. */
  deployment: z
    .strictObject({
      /**
       * `all-at-once`: Terraform sends all events to the new version. `gradual`: Terraform only publishes it, and the command `rollout` sends events to
       * it, or back if an alarm goes off. Default `all-at-once`.
       */
      rollout: z.enum(['all-at-once', 'gradual']).default('all-at-once'),
    })
    .prefault({}),
  /**
   * Whether `backfill --batch` can process photos with S3 Batch Operations. Adds a function that only these jobs invoke, with its own concurrency,
   * so that they take none from uploads, a role for the jobs, and a private bucket for their lists and reports. Default false.
   */
  batchJobs: z.boolean().default(false),
  /** Whether deleting an original deletes its renditions. Default false. */
  deletePropagation: z.boolean().default(false),
  /** What happens to originals that fail because of the image itself. They are never deleted. docs/recipes.md has examples. */
  failedOriginals: z
    .strictObject({
      /** Whether the version that failed is tagged with `image-pipeline-status` and `image-pipeline-code`. Its other tags stay. Default false. */
      tag: z.boolean().default(false),
      /**
       * Prefix of the copies of failed originals, such as `quarantine/`. They go to the output bucket, or to the upload bucket if there is no other,
       * and carry the reason as metadata. Default: no copies.
       */
      quarantinePrefix: z
        .string()
        .max(200)
        .regex(/^([A-Za-z0-9!_.'()-]+\/)+$/, 'must be path segments that each end with "/", such as "quarantine/"')
        .optional(),
    })
    .prefault({}),
  /** Whether the table is protected against deletion. Default: true unless the environment is disposable. */
  deletionProtection: z.boolean().optional(),
  /** Whether `terraform destroy` deletes buckets that still hold photos. Default: true only if the environment is disposable. */
  forceDestroy: z.boolean().optional(),
  /** Added to every resource, besides Project, Preset, Environment and ManagedBy. Default: none. */
  tags: tags.default({}),
});

/** Settings whose individual fields are valid. */
export type SettingsFields = z.infer<typeof settingsShape>;
