import { z } from 'zod';
import type { Resource, StackJson } from './stack-json.ts';

/** What a box stands for; the colour tells. */
export type Kind = 'bucket' | 'function' | 'table' | 'topic' | 'queue' | 'log' | 'mail' | 'alarms' | 'dashboard';

/** A resource that is drawn. */
export interface Box {
  readonly address: string;
  readonly kind: Kind;
  readonly label: string;
  /** One, but for a group of alarms. */
  readonly parts: readonly Part[];
}

/** A name, and what is to know about what has it. */
export interface Part {
  readonly name: string;
  readonly facts: readonly string[];
}

/** What one resource does to another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** `invokes` and `sends` are wiring, `may` is a grant of IAM, `watches` reads metrics. */
  readonly kind: 'invokes' | 'sends' | 'may' | 'watches';
  readonly words: readonly string[];
}

/** A stack as boxes and arrows. */
export interface Architecture {
  readonly region: string;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

/** Types that are told by the box or the arrow of another one. */
const PART_OF_ANOTHER =
  /^aws_(s3_bucket_\w+|iam_role(_policy)?|lambda_(permission|function_event_invoke_config)|(sns_topic|sqs_queue)_policy|cloudwatch_metric_alarm)$/;

const BOXES: Readonly<Record<string, (stack: StackJson, resource: Resource) => Box>> = {
  aws_s3_bucket: bucketBox,
  aws_lambda_function: functionBox,
  aws_dynamodb_table: tableBox,
  aws_sns_topic: topicBox,
  aws_sns_topic_subscription: mailBox,
  aws_sqs_queue: queueBox,
  aws_cloudwatch_log_group: logBox,
  aws_cloudwatch_dashboard: dashboardBox,
};

/** Reads boxes and arrows out of a stack's JSON; a resource that it has no picture for is an error, so that none is left out. */
export function architectureOf(stack: StackJson): Architecture {
  const boxes = stack.resources
    .filter(({ type }) => !PART_OF_ANOTHER.test(type))
    .map((resource) => {
      const box = BOXES[resource.type];
      if (box === undefined) throw new Error(`docs/diagram has no picture for ${resource.address}: add its type to BOXES`);
      return box(stack, resource);
    });
  const alarms = alarmGroups(stack);
  const arrows = [...wiring(stack), ...alarms.flatMap((group) => group.arrows), ...grants(stack)];
  return { region: stack.region, boxes: [...boxes, ...alarms.map((group) => group.box)], arrows: joined(arrows) };
}

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

const alarmSchema = z.object({
  alarm_name: z.string(),
  metric_name: z.string(),
  statistic: z.string(),
  threshold: z.number(),
  period: z.number(),
  evaluation_periods: z.number(),
  dimensions: z.record(z.string(), z.string()),
});

/** The alarms on one resource stand in one box. */
function alarmGroups(stack: StackJson): { box: Box; arrows: Arrow[] }[] {
  const alarms = stack.of('aws_cloudwatch_metric_alarm');
  const watchedOf = ({ attributes }: Resource): string => one(stack, attributes.dimensions);
  return [...new Set(alarms.map(watchedOf))].map((watched) => {
    const group = alarms.filter((alarm) => watchedOf(alarm) === watched);
    const address = `alarms on ${watched}`;
    const topics = new Set(group.flatMap(({ attributes }) => stack.referencesOf(attributes.alarm_actions)));
    return {
      box: { address, kind: 'alarms', label: group.length === 1 ? 'CloudWatch alarm' : 'CloudWatch alarms', parts: group.map(alarmPart) },
      arrows: [
        { from: address, to: watched, kind: 'watches', words: [] },
        ...[...topics].map((to): Arrow => ({ from: address, to, kind: 'sends', words: [] })),
      ],
    };
  });
}

function alarmPart({ attributes }: Resource): Part {
  const { alarm_name, metric_name, statistic, threshold, period, evaluation_periods } = alarmSchema.parse(attributes);
  const periods = evaluation_periods === 1 ? `${period} s` : `${evaluation_periods} × ${period} s`;
  return { name: alarm_name, facts: [metric_name, `${statistic.toLowerCase()} > ${threshold.toLocaleString('en')} in ${periods}`] };
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

/** A fact is a line; a list is one line of those parts that hold. */
function box(address: string, kind: Kind, label: string, name: string, facts: readonly Fact[]): Box {
  const lines = facts.map((fact) => (typeof fact === 'string' ? fact : fact.filter((part) => typeof part === 'string').join(' · ')));
  return { address, kind, label, parts: [{ name, facts: lines.filter((line) => line !== '') }] };
}

/** The one resource that an expression names. */
function one(stack: StackJson, value: unknown): string {
  const [found, ...more] = stack.referencesOf(value);
  if (found === undefined || more.length > 0) throw new Error(`docs/diagram expects one resource in ${JSON.stringify(value)}`);
  return found;
}

/** One arrow from a resource to another one, with all its words. */
function joined(arrows: readonly Arrow[]): Arrow[] {
  const byPair = new Map<string, Arrow>();
  for (const arrow of arrows) {
    const pair = `${arrow.from} ${arrow.to}`;
    const before = byPair.get(pair);
    byPair.set(pair, before === undefined ? arrow : { ...before, words: [...before.words, ...arrow.words] });
  }
  return [...byPair.values()];
}

/** What AWS does by itself: invoke, give up, mail. */
function wiring(stack: StackJson): Arrow[] {
  return [
    ...stack.of('aws_s3_bucket_notification').map(({ attributes }): Arrow => {
      const { from, to } = { from: one(stack, attributes.bucket), to: one(stack, attributes.lambda_function) };
      return { from, to, kind: 'invokes', words: eventWords(attributes.lambda_function) };
    }),
    ...stack.of('aws_lambda_function_event_invoke_config').map(({ attributes }): Arrow => {
      const { from, to } = { from: one(stack, attributes.function_name), to: one(stack, attributes.destination_config) };
      const hours = Number(attributes.maximum_event_age_in_seconds) / 3600;
      return { from, to, kind: 'sends', words: [`after ${Number(attributes.maximum_retry_attempts) + 1} attempts`, `or ${hours} hours`] };
    }),
    ...stack
      .of('aws_sns_topic_subscription')
      .map(({ address, attributes }): Arrow => ({ from: one(stack, attributes.topic_arn), to: address, kind: 'sends', words: [] })),
  ];
}

/** Which objects invoke the function. Each suffix is there in lower, upper and capital letters, as S3 tells them apart. */
function eventWords(notifications: unknown): string[] {
  const rules = z
    .array(z.object({ events: z.array(z.string()), filter_prefix: z.string().optional(), filter_suffix: z.string().optional() }))
    .parse(notifications);
  const suffixes = new Set(rules.flatMap(({ filter_suffix }) => filter_suffix?.toLowerCase() ?? []));
  const words = rules.flatMap(({ events, filter_prefix }) => [...events, ...(filter_prefix ? [`under ${filter_prefix}`] : [])]);
  return [...new Set(words), ...(suffixes.size > 0 ? [[...suffixes].join(' ')] : [])];
}

const policySchema = z.object({
  Statement: z.array(z.object({ Effect: z.literal('Allow'), Action: z.array(z.string()), Resource: z.array(z.string()) })),
});

/** What IAM lets the function do: an arrow for each resource, with every action on it. */
function grants(stack: StackJson): Arrow[] {
  return stack.of('aws_lambda_function').flatMap(({ address, attributes }) => {
    const roles = stack.referencesOf(attributes.role);
    const statements = roles
      .flatMap((role) => stack.of('aws_iam_role_policy', role))
      .flatMap((found) => policySchema.parse(JSON.parse(String(found.attributes.policy))).Statement);
    const targets = new Set(statements.flatMap(({ Resource }) => stack.referencesOf(Resource)));
    return [...targets].map((to): Arrow => {
      const actions = statements.filter(({ Resource }) => stack.referencesOf(Resource).includes(to)).flatMap(({ Action }) => Action);
      return { from: address, to, kind: 'may', words: [...new Set(actions.map((action) => action.replace(/^\w+:/, '')))] };
    });
  });
}
