import { z } from 'zod';
import type { Box, Kind } from './architecture.ts';
import type { Resource, StackJson } from './stack-json.ts';

/** Describes the resources of each type as boxes. */
export const BOXES: Readonly<Record<string, (stack: StackJson, resource: Resource) => Box>> = {
  aws_s3_bucket: bucketBox,
  aws_lambda_function: functionBox,
  aws_dynamodb_table: tableBox,
  aws_sns_topic: topicBox,
  aws_sns_topic_subscription: mailBox,
  aws_sqs_queue: queueBox,
  aws_cloudwatch_log_group: logBox,
  aws_cloudwatch_dashboard: dashboardBox,
};

const days = (value: unknown): string => `${String(value)} days`;

function bucketBox(stack: StackJson, { address, attributes }: Resource): Box {
  const about = (part: string): string => JSON.stringify(stack.of(`aws_s3_bucket_${part}`, address).map((found) => found.attributes));
  const found = (part: string, pattern: RegExp): string | undefined => pattern.exec(about(part))?.[1];
  const closed = about('public_access_block').match(/"(block|ignore|restrict)_\w+":true/g)?.length === 4;
  const lifecycle = {
    infrequent: found('lifecycle_configuration', /"transition":\[\{"days":(\d+),"storage_class":"STANDARD_IA"/),
    expire: found('lifecycle_configuration', /"expiration":\[\{"days":(\d+)/),
    noncurrent: found('lifecycle_configuration', /"noncurrent_days":(\d+)/),
  };
  return box(address, 'bucket', 'S3 bucket', stack.read(attributes.bucket), [
    ...stack.variablesIn(attributes.bucket).map((name) => `or var.${name}`),
    [
      found('server_side_encryption_configuration', /"sse_algorithm":"(\w+)"/),
      found('versioning', /"status":"(Enabled)"/) && 'versioned',
      closed && 'private',
      found('policy', /(DenyInsecureTransport)/) && 'TLS only',
    ],
    [lifecycle.infrequent && `STANDARD_IA after ${days(lifecycle.infrequent)}`],
    [lifecycle.expire && `expires after ${days(lifecycle.expire)}`],
    [lifecycle.noncurrent && `old versions kept ${days(lifecycle.noncurrent)}`],
  ]);
}

const functionSchema = z.object({
  function_name: z.string(),
  architectures: z.tuple([z.string()]),
  runtime: z.string(),
  memory_size: z.number(),
  timeout: z.number(),
  reserved_concurrent_executions: z.string(),
  environment: z.object({ variables: z.object({ RENDITIONS: z.string() }) }),
});
const renditionsSchema = z.array(
  z.object({
    name: z.string(),
    width: z.coerce.string(),
    height: z.coerce.string(),
    fit: z.string(),
    format: z.string(),
    quality: z.number(),
  }),
);

function functionBox(stack: StackJson, { address, attributes }: Resource): Box {
  const lambda = functionSchema.parse(attributes);
  const reserved = Number(stack.read(lambda.reserved_concurrent_executions));
  const renditions = renditionsSchema.parse(JSON.parse(stack.read(lambda.environment.variables.RENDITIONS)));
  return box(address, 'function', 'Lambda function', lambda.function_name, [
    [lambda.runtime, lambda.architectures[0]],
    [`${lambda.memory_size.toLocaleString('en')} MB`, `${lambda.timeout} s`],
    [reserved < 0 ? 'no reserved concurrency' : `reserved concurrency ${reserved}`],
    ...renditions.flatMap(({ name, width, height, fit, format, quality }) => [
      `${name}:`,
      `${fit} ${width} × ${height}`,
      `${format.toUpperCase()}, quality ${quality}`,
    ]),
    [renditions.length === 0 && 'renders nothing'],
  ]);
}

function tableBox(stack: StackJson, { address, attributes }: Resource): Box {
  const table = z
    .object({
      name: z.string(),
      hash_key: z.string(),
      billing_mode: z.string(),
      point_in_time_recovery: z.object({ enabled: z.boolean() }),
      server_side_encryption: z.object({ enabled: z.boolean() }),
      global_secondary_index: z.array(z.object({ name: z.string(), hash_key: z.string(), range_key: z.string() })),
    })
    .parse(attributes);
  return box(address, 'table', 'DynamoDB table', stack.read(table.name), [
    `key ${table.hash_key}`,
    ...table.global_secondary_index.flatMap(({ name, hash_key, range_key }) => [`index ${name}:`, `by ${hash_key}, ${range_key}`]),
    [
      table.billing_mode === 'PAY_PER_REQUEST' && 'on demand',
      table.point_in_time_recovery.enabled && 'restorable',
      table.server_side_encryption.enabled && 'encrypted',
    ],
  ]);
}

function topicBox(stack: StackJson, { address, attributes }: Resource): Box {
  const key = attributes.kms_master_key_id;
  return box(address, 'topic', 'SNS topic', stack.read(attributes.name), [
    key === undefined ? 'not encrypted at rest' : `encrypted, ${String(key)}`,
  ]);
}

function mailBox(stack: StackJson, { address, attributes }: Resource): Box {
  const statuses = stack.variablesIn(attributes.filter_policy ?? '').map((name) => String(stack.defaultOf(name)).replaceAll(',', ', '));
  return box(address, 'mail', `Subscription, ${String(attributes.protocol)}`, stack.variablesIn(attributes.endpoint).join(', else '), [
    ...statuses.map((status) => `status: ${status}`),
  ]);
}

function queueBox(stack: StackJson, { address, attributes }: Resource): Box {
  const { message_retention_seconds: seconds, sqs_managed_sse_enabled: encrypted } = attributes;
  return box(address, 'queue', 'SQS queue', stack.read(attributes.name), [
    [`kept ${days(Number(seconds) / 86_400)}`, encrypted === true && 'encrypted'],
  ]);
}

function logBox(stack: StackJson, { address, attributes }: Resource): Box {
  return box(address, 'log', 'Log group', stack.read(attributes.name), [`kept ${days(attributes.retention_in_days)}`]);
}

function dashboardBox(_: StackJson, { address, attributes }: Resource): Box {
  const { widgets } = z
    .object({ widgets: z.array(z.object({ properties: z.object({ title: z.string() }) })) })
    .parse(JSON.parse(String(attributes.dashboard_body)));
  return box(
    address,
    'dashboard',
    'Dashboard',
    String(attributes.dashboard_name),
    widgets.map(({ properties }) => properties.title.replace(/ \(.+\)$/, '')),
  );
}

type Fact = string | readonly (string | false | undefined)[];

/** Builds a box. Each fact is a line; a list becomes one line of the parts that apply. */
function box(address: string, kind: Kind, label: string, name: string, facts: readonly Fact[]): Box {
  const lines = facts.map((fact) => (typeof fact === 'string' ? fact : fact.filter((part) => typeof part === 'string').join(' · ')));
  return { address, kind, label, parts: [{ name, facts: lines.filter((line) => line !== '') }] };
}
