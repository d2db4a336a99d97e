import { homedir, tmpdir } from 'node:os';
import { z } from 'zod';
import type { Synthesized } from '../synthesized.ts';
import { contains, type Rule, unlike, where, without } from './rule.ts';

/** The log group that functions share. */
const LOG_OF_PROCESSOR = { log_format: 'Text', log_group: '${aws_cloudwatch_log_group.processor_log.name}' };

const RECONCILER = 'aws_lambda_function.reconciler';

/** Their metrics are written once per reconciliation. */
const ALARMS_OF_RECONCILIATION = ['missing-photos', 'stuck-photos'].map(
  (name) => `aws_cloudwatch_metric_alarm.alarms_${name.replaceAll('-', '_')}`,
);

const names = z.array(z.string());
const targets = z.array(z.object({ lambda_function_arn: z.string() }));
const providerSchema = z.array(z.object({ default_tags: z.array(z.object({ tags: z.record(z.string(), z.string()) })) }));

/** Finds the functions whose failed events do not go to the dead-letter queue. */
const withoutDeadLetters = without('aws_lambda_function', {
  companion: 'aws_lambda_function_event_invoke_config',
  reference: 'function_name',
  isRight: (attributes) =>
    contains(attributes, {
      maximum_retry_attempts: 2,
      destination_config: { on_failure: { destination: '${aws_sqs_queue.processor_dead_letters.arn}' } },
    }),
});

/** Finds aliases whose failed events do not: they do not inherit the function's settings. */
const aliasWithoutDeadLetters = without('aws_lambda_alias', {
  companion: 'aws_lambda_function_event_invoke_config',
  reference: 'qualifier',
  isRight: (attributes) =>
    contains(attributes, {
      function_name: '${aws_lambda_function.processor.function_name}',
      maximum_retry_attempts: 2,
      destination_config: { on_failure: { destination: '${aws_sqs_queue.processor_dead_letters.arn}' } },
    }),
});

/** Whether a service may send events to this function. Batch jobs wait for their function's answer instead. */
function receivesEvents(address: string, synthesized: Synthesized): boolean {
  return synthesized
    .resources('aws_lambda_permission')
    .some(({ attributes }) => String(attributes.function_name).startsWith(`\${${address}.`));
}

export const PROCESSING_RULES: readonly Rule[] = [
  {
    name: 'the function runs on a runtime that AWS supports',
    violations: unlike('aws_lambda_function', { runtime: 'nodejs22.x' }),
    brokenBy: ['"nodejs22.x"', '"nodejs18.x"'],
  },
  {
    name: 'every function writes to a log group that exists and has a retention',
    violations: where('aws_lambda_function', ({ function_name, logging_config }, synthesized) => {
      const logs = synthesized.some('aws_cloudwatch_log_group').map(({ attributes }) => attributes);
      const own = logs.find(({ name }) => name === `/aws/lambda/${String(function_name)}`);
      const log = own ?? (contains(logging_config, LOG_OF_PROCESSOR) ? synthesized.one('aws_cloudwatch_log_group.processor_log') : {});
      return z.number().positive().safeParse(log.retention_in_days).success === false;
    }),
    brokenBy: ['"retention_in_days": 30', '"retention_in_days": 0'],
  },
  {
    name: 'every function starts after its log group and its permissions',
    violations: (synthesized) =>
      synthesized.some('aws_lambda_function').flatMap(({ address, attributes }) => {
        const owner = address === RECONCILER ? 'reconciler' : 'processor';
        const first = names.parse(attributes.depends_on);
        const needed = [`aws_cloudwatch_log_group.${owner}_log`, `aws_iam_role_policy.${owner}_role_policy`];
        return needed.every((one) => first.includes(one)) ? [] : [address];
      }),
    brokenBy: ['"aws_cloudwatch_log_group.processor_log"', '"aws_iam_role.processor_role"'],
  },
  {
    name: 'the reserved concurrency of every function that processes photos is a separate variable',
    violations: where('aws_lambda_function', ({ handler, reserved_concurrent_executions }, synthesized) => {
      // A schedule invokes the reconciler, one run after the other.
      if (handler === 'reconcile.handler') return false;
      const functions = synthesized.resources('aws_lambda_function');
      const same = functions.filter(({ attributes }) => attributes.reserved_concurrent_executions === reserved_concurrent_executions);
      return same.length > 1 || !/^\$\{var\.\w+_concurrency\}$/.test(String(reserved_concurrent_executions));
    }),
    brokenBy: ['"${var.reserved_concurrency}"', '100'],
  },
  {
    name: 'every change of the function becomes a version behind the alias',
    violations: (synthesized) => [
      ...(synthesized.one('aws_lambda_function.processor').publish === true ? [] : ['aws_lambda_function.processor']),
      ...unlike('aws_lambda_alias', { name: 'live', function_version: '${aws_lambda_function.processor.version}' })(synthesized),
    ],
    brokenBy: ['${aws_lambda_function.processor.version}', '$LATEST'],
  },
  {
    name: 'events go to the alias, so that a rollback reaches them',
    violations: (synthesized) => {
      const viaEventBridge = synthesized.resources('aws_cloudwatch_event_target').map(({ attributes }) => attributes.arn);
      const fromS3 = synthesized
        .resources('aws_s3_bucket_notification')
        .flatMap(({ attributes }) => targets.parse(attributes.lambda_function ?? []));
      const arns = [...viaEventBridge, ...fromS3.map(({ lambda_function_arn }) => lambda_function_arn)];
      return arns.length > 0 ? arns.map(String).filter((arn) => arn !== '${aws_lambda_alias.processor_live.arn}') : ['nothing'];
    },
    brokenBy: [
      '"lambda_function_arn": "${aws_lambda_alias.processor_live.arn}"',
      '"lambda_function_arn": "${aws_lambda_function.processor.arn}"',
    ],
  },
  {
    name: 'an event that fails after all retries goes to the dead-letter queue',
    violations: (synthesized) => [
      ...withoutDeadLetters(synthesized).filter((address) => receivesEvents(address, synthesized)),
      ...aliasWithoutDeadLetters(synthesized),
    ],
    brokenBy: ['"on_failure"', '"on_success"'],
  },
  {
    name: 'the function receives uploads only once everything it needs exists',
    violations: (synthesized) => {
      const viaEventBridge = synthesized.resources('aws_cloudwatch_event_target');
      const teller = viaEventBridge[0] ?? synthesized.some('aws_s3_bucket_notification')[0];
      const first = names.parse(teller?.attributes.depends_on);
      const needed = [
        'aws_lambda_permission.trigger_live_permission',
        synthesized.document.data.aws_s3_bucket === undefined
          ? 'aws_s3_bucket_versioning.uploads_versioning'
          : 'data.aws_cloudcontrolapi_resource.uploads_configuration',
        'aws_lambda_function_event_invoke_config.processor_live_retries',
        'aws_sqs_queue_policy.processor_dead_letters_policy',
      ];
      return needed.filter((address) => !first.includes(address));
    },
    brokenBy: ['"aws_s3_bucket_versioning.uploads_versioning"', '"aws_s3_bucket.uploads"'],
  },
  {
    name: 'an event that EventBridge cannot deliver goes to the dead-letter queue',
    violations: (synthesized) =>
      synthesized
        .resources('aws_cloudwatch_event_target')
        .filter(({ attributes }) => !contains(attributes, { dead_letter_config: { arn: '${aws_sqs_queue.processor_dead_letters.arn}' } }))
        .map(({ address }) => address),
    brokenIn: 'an account with its own rules',
    brokenBy: ['"dead_letter_config"', '"ecs_target"'],
  },
  {
    name: 'no rendition triggers the function',
    violations: (synthesized) => {
      const { UPLOAD_BUCKET, OUTPUT_BUCKET, TRIGGER_PREFIX = '', RENDITIONS = '[]' } = synthesized.environment();
      if (OUTPUT_BUCKET !== UPLOAD_BUCKET) return [];
      const prefixes = z.array(z.object({ prefix: z.string() })).parse(JSON.parse(RENDITIONS));
      return prefixes.map(({ prefix }) => prefix).filter((p) => p.startsWith(TRIGGER_PREFIX) || TRIGGER_PREFIX.startsWith(p));
    },
    brokenBy: ['"OUTPUT_BUCKET": "${aws_s3_bucket.renditions.bucket}"', '"OUTPUT_BUCKET": "${aws_s3_bucket.uploads.bucket}"'],
  },
  {
    name: 'where an alarm combines others, any of those that mean that photos are not being processed sets it off',
    violations: (synthesized) => {
      const combined = ['errors', 'throttles', 'event_age', 'dropped_events', 'dead_letter_depth', 'destination_failures'];
      return synthesized
        .resources('aws_cloudwatch_composite_alarm')
        .filter(({ attributes: { alarm_rule, alarm_actions, ok_actions, alarm_description } }) => {
          for (const name of combined) synthesized.one(`aws_cloudwatch_metric_alarm.alarms_${name}`);
          return (
            alarm_rule !== combined.map((name) => `ALARM("\${aws_cloudwatch_metric_alarm.alarms_${name}.alarm_name}")`).join(' OR ') ||
            names.parse(alarm_actions).length === 0 ||
            names.parse(ok_actions).join() !== names.parse(alarm_actions).join() ||
            !String(alarm_description).endsWith('docs/runbook.md#photos-are-not-being-processed')
          );
        })
        .map(({ address }) => address);
    },
    brokenIn: 'production',
    brokenBy: [' OR ', ' AND '],
  },
  {
    name: 'every alarm has an action',
    violations: where('aws_cloudwatch_metric_alarm', ({ alarm_actions }) => names.parse(alarm_actions).length === 0),
    brokenBy: ['"alarm_actions": [\n          "${aws_sns_topic.alarm_notifications.arn}"\n', '"alarm_actions": [\n'],
  },
  {
    name: 'recipients of an alarm are also notified of its recovery',
    violations: where(
      'aws_cloudwatch_metric_alarm',
      ({ alarm_actions, ok_actions }) => names.parse(alarm_actions).join() !== names.parse(ok_actions ?? []).join(),
    ),
    brokenBy: ['"ok_actions"', '"insufficient_data_actions"'],
  },
  {
    name: 'every alarm names its entry in the runbook',
    violations: where(
      'aws_cloudwatch_metric_alarm',
      ({ alarm_description }) => !/docs\/runbook\.md#[a-z-]+$/.test(String(alarm_description)),
    ),
    brokenBy: ['docs/runbook.md#throttles', 'the wiki'],
  },
  {
    name: 'missing data does not set off an alarm',
    violations: (synthesized) =>
      unlike('aws_cloudwatch_metric_alarm', { treat_missing_data: 'notBreaching' })(synthesized).filter(
        (address) => !ALARMS_OF_RECONCILIATION.includes(address),
      ),
    brokenBy: ['"notBreaching"', '"breaching"'],
  },
  {
    name: 'an alarm about a reconciliation stays as it is until the next one',
    violations: (synthesized) =>
      synthesized
        .resources('aws_cloudwatch_metric_alarm')
        .filter(({ address, attributes }) => ALARMS_OF_RECONCILIATION.includes(address) && attributes.treat_missing_data !== 'ignore')
        .map(({ address }) => address),
    brokenIn: 'a deployment with reconciliation',
    brokenBy: ['"treat_missing_data": "ignore"', '"treat_missing_data": "notBreaching"'],
  },
  {
    name: 'a schedule invokes the reconciler only once everything it needs exists',
    violations: (synthesized) =>
      synthesized
        .resources('aws_scheduler_schedule')
        .filter(({ attributes }) => {
          const first = names.parse(attributes.depends_on);
          const needed = [
            'aws_iam_role_policy.reconciler_schedule_role_policy',
            'aws_lambda_function_event_invoke_config.reconciler_retries',
          ];
          return !needed.every((one) => first.includes(one));
        })
        .map(({ address }) => address),
    brokenIn: 'a deployment with reconciliation',
    brokenBy: ['"aws_iam_role_policy.reconciler_schedule_role_policy"', '"aws_iam_role.reconciler_schedule_role"'],
  },
  {
    name: 'every resource is tagged with project, preset, environment and manager',
    violations: ({ document }) => {
      const [aws] = providerSchema.parse(document.provider.aws);
      const tags = aws?.default_tags[0]?.tags ?? {};
      return ['Project', 'Preset', 'Environment', 'ManagedBy'].filter((tag) => !tags[tag]);
    },
    brokenBy: ['"Environment": "dev"', '"Stage": "dev"'],
  },
  {
    name: 'the JSON contains no absolute path',
    violations: ({ text }) => [process.cwd(), homedir(), tmpdir()].filter((path) => text.includes(path)),
    brokenBy: ['assets/', `${tmpdir()}/assets/`],
  },
];
