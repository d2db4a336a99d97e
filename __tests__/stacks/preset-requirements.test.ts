import { z } from 'zod';
import { type Deployed, row } from './preset-table.ts';

const ACCOUNT = '${data.aws_caller_identity.caller.account_id}';

row('load a day', ({ settings }) => settings.imagesPerDay, {
  'photo-sharing': ['4,000 images', 4_000],
  'media-thumbnails': ['1,000 images', 1_000],
  'upload-processing': ['2,000 images', 2_000],
  'image-metadata': ['1,000 images', 1_000],
});

row('region', ({ stack }) => z.array(z.object({ region: z.string() })).parse(stack.document.provider.aws)[0]?.region, {
  'photo-sharing': ['us-west-2', 'us-west-2'],
  'media-thumbnails': ['any, us-east-1 unless set', 'us-east-1'],
  'upload-processing': ['us-east-1', 'us-east-1'],
  'image-metadata': ['any, us-east-1 unless set', 'us-east-1'],
});

row('upload bucket', ({ stack }) => stack.one('aws_s3_bucket.uploads').bucket, {
  'photo-sharing': ['photo-uploads-{stack}-{account}', `photo-uploads-photo-sharing-dev-${ACCOUNT}`],
  'media-thumbnails': ['variable source_bucket_name', `\${coalesce(var.source_bucket_name, "media-source-dev-${ACCOUNT}")}`],
  'upload-processing': ['image-upload-bucket-{env}-{account}', `image-upload-bucket-dev-${ACCOUNT}`],
  'image-metadata': ['image-storage-bucket-{env}-{account}', `image-storage-bucket-dev-${ACCOUNT}`],
});

row('output bucket', ({ stack }) => stack.document.resource.aws_s3_bucket?.renditions?.bucket, {
  'photo-sharing': ['photo-processed-{stack}-{account}', `photo-processed-photo-sharing-dev-${ACCOUNT}`],
  'media-thumbnails': ['variable thumbnail_bucket_name', `\${coalesce(var.thumbnail_bucket_name, "media-thumbnails-dev-${ACCOUNT}")}`],
  'upload-processing': ['processed-images-bucket-{env}-{account}', `processed-images-bucket-dev-${ACCOUNT}`],
  'image-metadata': ['none', undefined],
});

const notificationSchema = z.array(
  z.object({ events: z.array(z.string()), filter_prefix: z.string().optional(), filter_suffix: z.string().optional() }),
);

function triggers({ stack }: Deployed): string[] {
  const rules = notificationSchema.parse(stack.one('aws_s3_bucket_notification').lambda_function);
  return rules.map(({ events, filter_prefix = '', filter_suffix = '' }) => `${events.join()} ${filter_prefix}*${filter_suffix}`);
}

function photosUnder(prefix: string): string[] {
  const suffixes = ['.jpg', '.JPG', '.Jpg', '.jpeg', '.JPEG', '.Jpeg', '.png', '.PNG', '.Png'];
  return suffixes.map((suffix) => `s3:ObjectCreated:* ${prefix}*${suffix}`);
}

row('trigger', triggers, {
  'photo-sharing': ['.jpg .jpeg .png', photosUnder('')],
  'media-thumbnails': ['every ObjectCreated', ['s3:ObjectCreated:* *']],
  'upload-processing': ['prefix uploads/, .jpg .jpeg .png', photosUnder('uploads/')],
  'image-metadata': ['.jpg .jpeg .png', photosUnder('')],
});

function renditions({ stack }: Deployed): unknown {
  const { image_max_width, image_max_height } = stack.document.variable;
  const renditions: unknown = JSON.parse(stack.environment().RENDITIONS ?? '');
  return { renditions, box: [image_max_width?.default, image_max_height?.default] };
}

const BOX_FROM_VARIABLES = { width: '${var.image_max_width}', height: '${var.image_max_height}', fit: 'inside' };

row('rendition', renditions, {
  'photo-sharing': [
    'resized/{key}, inside 1024x768 (variables), JPEG quality 90',
    { renditions: [{ name: 'resized', prefix: 'resized/', ...BOX_FROM_VARIABLES, format: 'jpeg', quality: 90 }], box: [1024, 768] },
  ],
  'media-thumbnails': [
    'a thumbnail',
    { renditions: [{ name: 'thumbnail', prefix: 'thumbnails/', ...BOX_FROM_VARIABLES, format: 'jpeg', quality: 80 }], box: [256, 256] },
  ],
  'upload-processing': [
    'a resized, optimised image',
    { renditions: [{ name: 'optimized', prefix: 'processed/', ...BOX_FROM_VARIABLES, format: 'jpeg', quality: 85 }], box: [1920, 1080] },
  ],
  'image-metadata': ['none: metadata only', { renditions: [], box: [undefined, undefined] }],
});

function table({ stack }: Deployed): unknown {
  const { name, hash_key, attribute, global_secondary_index, billing_mode } = stack.one('aws_dynamodb_table');
  return { name, hash_key, attribute, global_secondary_index, billing_mode };
}

function ledger(name: string, hash_key: string): unknown {
  const attribute = [{ name: hash_key, type: 'S' }];
  return { name, hash_key, attribute, global_secondary_index: [], billing_mode: 'PAY_PER_REQUEST' };
}

row('DynamoDB', table, {
  'photo-sharing': ['no requirement, the ledger of every preset', ledger('ImageMetadata-photo-sharing-dev', 'ImageId')],
  'media-thumbnails': ['ImageMetadata, key ImageID', ledger('ImageMetadata', 'ImageID')],
  'upload-processing': ['no requirement, the ledger of every preset', ledger('image-processing-ledger-dev', 'ImageId')],
  'image-metadata': [
    'ImageMetadata-{env}, key ImageId, UploadTimestampIndex, on-demand',
    {
      name: 'ImageMetadata-dev',
      hash_key: 'ImageId',
      attribute: [
        { name: 'ImageId', type: 'S' },
        { name: 'UploadDate', type: 'S' },
        { name: 'UploadTimestamp', type: 'N' },
      ],
      global_secondary_index: [
        { name: 'UploadTimestampIndex', hash_key: 'UploadDate', range_key: 'UploadTimestamp', projection_type: 'ALL' },
      ],
      billing_mode: 'PAY_PER_REQUEST',
    },
  ],
});

function topics({ stack }: Deployed): unknown {
  const topicNames = stack.some('aws_sns_topic').map(({ attributes }) => attributes.name);
  return {
    topics: topicNames.sort(),
    publish: stack.environment().PUBLISH,
    mailed: stack.document.variable.notification_statuses?.default,
  };
}

row('SNS', topics, {
  'photo-sharing': [
    'ImageProcessingErrors-{stack} failure mails; ImageProcessingAlarms-{stack} alarms',
    {
      topics: ['ImageProcessingAlarms-photo-sharing-dev', 'ImageProcessingErrors-photo-sharing-dev'],
      publish: 'failed',
      mailed: ['failed'],
    },
  ],
  'media-thumbnails': ['alerts', { topics: ['ThumbnailAlarms-dev', 'ThumbnailAlerts-dev'], publish: 'failed', mailed: ['failed'] }],
  'upload-processing': [
    'image-processing-notifications-{env}: success and error',
    {
      topics: ['image-processing-alarms-dev', 'image-processing-notifications-dev'],
      publish: 'processed,failed',
      mailed: ['processed', 'failed'],
    },
  ],
  'image-metadata': [
    'ImageProcessingNotifications-{env}: a report',
    {
      topics: ['ImageProcessingAlarms-dev', 'ImageProcessingNotifications-dev'],
      publish: 'report',
      mailed: ['processed', 'failed'],
    },
  ],
});

/** The required alarms. Every preset has six more, for invalid images, waiting and lost events, and the dead-letter queue. */
function alarms({ stack }: Deployed): string[] {
  return stack
    .some('aws_cloudwatch_metric_alarm')
    .map(({ attributes: a }) => `${a.metric_name} ${a.statistic} > ${a.threshold}, ${a.evaluation_periods} x ${a.period} s`)
    .filter((alarm) => !/^(ProcessingErrors|ApproximateNumber|ApproximateAge|AsyncEvent|DestinationDelivery)/.test(alarm))
    .sort();
}

row('alarms', alarms, {
  'photo-sharing': ['Errors > 10 (2 x 300 s), Throttles > 5', ['Errors Sum > 10, 2 x 300 s', 'Throttles Sum > 5, 1 x 300 s']],
  'media-thumbnails': ['errors', ['Errors Sum > 5, 1 x 300 s', 'Throttles Sum > 5, 1 x 300 s']],
  'upload-processing': [
    'Errors > 5 / 5 min, Duration average > 45 s, Throttles',
    ['Duration Average > 45000, 1 x 300 s', 'Errors Sum > 5, 1 x 300 s', 'Throttles Sum > 0, 1 x 300 s'],
  ],
  'image-metadata': [
    'Errors > 5, Throttles > 1, table WriteThrottleEvents > 5',
    ['Errors Sum > 5, 1 x 300 s', 'Throttles Sum > 1, 1 x 300 s', 'WriteThrottleEvents Sum > 5, 1 x 300 s'],
  ],
});

row('log retention', ({ stack }) => stack.one('aws_cloudwatch_log_group').retention_in_days, {
  'photo-sharing': ['30 days', 30],
  'media-thumbnails': ['no requirement: 14 days, 90 where protected', 14],
  'upload-processing': ['7 days', 7],
  'image-metadata': ['30 days', 30],
});

function functionSize({ stack }: Deployed): unknown[] {
  const { memory_size, timeout } = stack.one('aws_lambda_function');
  return [memory_size, timeout, stack.document.variable.reserved_concurrency?.default];
}

row('function', functionSize, {
  'photo-sharing': ['1024 MB, 60 s, reserved concurrency 100', [1024, 60, 100]],
  'media-thumbnails': ['no requirement: 1024 MB, 60 s', [1024, 60, -1]],
  'upload-processing': ['512 MB, 60 s', [512, 60, -1]],
  'image-metadata': ['512 MB, 60 s', [512, 60, -1]],
});

const lifecycleSchema = z.object({ rule: z.array(z.object({ id: z.string() }).loose()) });

/** Per bucket, what happens after how many days. */
function lifecycles({ stack }: Deployed): Record<string, Record<string, unknown>> {
  const buckets = stack.some('aws_s3_bucket_lifecycle_configuration').map(({ address, attributes }) => {
    const rules = lifecycleSchema
      .parse(attributes)
      .rule.map(({ id, status, filter, ...action }) => [id, JSON.stringify(action).match(/\d+/)?.[0]]);
    return [address.replace(/.*\.(.*)_lifecycle/, '$1'), Object.fromEntries(rules)];
  });
  return Object.fromEntries(buckets);
}

const VERSION_CLEANUP = { 'expire-noncurrent-versions': '30', 'abort-incomplete-uploads': '7' };
const KEPT = { ...VERSION_CLEANUP, 'remove-lone-delete-markers': undefined };

row('lifecycle', lifecycles, {
  'photo-sharing': [
    'uploads expire after 365 d; processed to STANDARD_IA at 30 d, expire at 365 d',
    { uploads: { ...VERSION_CLEANUP, expire: '365' }, renditions: { ...VERSION_CLEANUP, 'infrequent-access': '30', expire: '365' } },
  ],
  'media-thumbnails': ['no requirement: kept', { uploads: KEPT, renditions: KEPT }],
  'upload-processing': ['noncurrent versions expire after 30 d', { uploads: KEPT, renditions: KEPT }],
  'image-metadata': ['noncurrent versions expire after 30 d', { uploads: KEPT }],
});

/** How many buckets there are, and how many of each protection. */
function protections({ stack }: Deployed): number[] {
  const types = ['', '_server_side_encryption_configuration', '_versioning', '_public_access_block', '_policy'];
  return types.map((type) => stack.some(`aws_s3_bucket${type}`).length);
}

row('every bucket', protections, {
  'photo-sharing': ['SSE, versioning, public access blocks, and TLS only', [2, 2, 2, 2, 2]],
  'media-thumbnails': ['the same', [2, 2, 2, 2, 2]],
  'upload-processing': ['the same', [2, 2, 2, 2, 2]],
  'image-metadata': ['the same', [1, 1, 1, 1, 1]],
});

function rest({ stack, settings }: Deployed): unknown {
  const { uploadBucket, table: ledgerTable, tags } = settings;
  return {
    required: Object.entries(stack.document.variable)
      .filter(([, variable]) => !('default' in variable))
      .map(([name]) => name),
    outputs: Object.keys(stack.document.output),
    purposes: [tags.Purpose, uploadBucket.tags.Purpose, ledgerTable.tags.Purpose],
  };
}

const OUTPUTS_WITHOUT_RENDITIONS = [
  'alarm_topic_arn',
  'dashboard_url',
  'dead_letter_queue_url',
  'function_alias_arn',
  'function_arn',
  'function_name',
  'metadata_table_name',
  'notification_topic_arn',
  'upload_bucket_name',
];
const OUTPUTS = [...OUTPUTS_WITHOUT_RENDITIONS, 'processed_bucket_name'].sort();
const ALIKE = { required: ['notification_email'], outputs: OUTPUTS, purposes: [undefined, undefined, undefined] };

row('rest', rest, {
  'photo-sharing': ['notification_email validated; outputs incl. dashboard URL', ALIKE],
  'media-thumbnails': ['environment, tags, outputs', ALIKE],
  'upload-processing': ['environment suffix, exported outputs', ALIKE],
  'image-metadata': [
    'tags Environment and Purpose, outputs incl. dashboard URL',
    { ...ALIKE, outputs: OUTPUTS_WITHOUT_RENDITIONS, purposes: ['ImageProcessing', 'ImageStorage', 'ImageMetadata'] },
  ],
});
