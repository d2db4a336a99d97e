import { z } from 'zod';
import { statementsOf } from '../synthesized.ts';
import { contains, deniesInsecureTransport, type Rule, where, without } from './rule.ts';

const ALARM_ARN = /^\$\{aws_cloudwatch_(metric|composite)_alarm\.[a-z_]+\.arn\}$/;

export const MESSAGING_RULES: readonly Rule[] = [
  {
    name: 'every topic requires TLS',
    violations: without('aws_sns_topic', {
      companion: 'aws_sns_topic_policy',
      reference: 'arn',
      isRight: deniesInsecureTransport('sns:Publish'),
    }),
    brokenBy: ['aws:SecureTransport', 'aws:MultiFactorAuthPresent'],
  },
  {
    name: 'every topic encrypts its messages',
    violations: where('aws_sns_topic', ({ kms_master_key_id }) => typeof kms_master_key_id !== 'string'),
    brokenBy: ['"kms_master_key_id"', '"signature_version"'],
  },
  {
    name: 'no alarm goes to a topic with a key that CloudWatch cannot use',
    violations: where('aws_cloudwatch_metric_alarm', ({ alarm_actions }, synthesized) => {
      const topics = z
        .array(z.string())
        .parse(alarm_actions)
        .map((arn) => arn.slice('${'.length, -'.arn}'.length));
      return topics.some((address) => String(synthesized.one(address).kms_master_key_id ?? '').startsWith('alias/'));
    }),
    brokenBy: ['"${aws_sns_topic.alarm_notifications.arn}"\n        ],', '"${aws_sns_topic.notifications.arn}"\n        ],'],
  },
  {
    name: 'services can publish only alarms of this stack and account to a topic',
    violations: where('aws_sns_topic_policy', ({ policy }) =>
      statementsOf(policy)
        .filter(({ Effect }) => Effect === 'Allow')
        .some(
          ({ Principal, Condition }) =>
            !contains(Principal, { Service: ['cloudwatch.amazonaws.com'] }) ||
            Condition.ArnEquals?.['aws:SourceArn']?.every((arn) => ALARM_ARN.test(arn)) !== true ||
            !contains(Condition, { StringEquals: { 'aws:SourceAccount': ['${data.aws_caller_identity.caller.account_id}'] } }),
        ),
    ),
    brokenBy: ['aws:SourceAccount', 'aws:PrincipalAccount'],
  },
  {
    name: 'every queue requires TLS',
    violations: without('aws_sqs_queue', {
      companion: 'aws_sqs_queue_policy',
      reference: 'queue_url',
      isRight: deniesInsecureTransport('sqs:*'),
    }),
    brokenBy: ['\\"Action\\":\\"sqs:*\\"', '\\"Action\\":\\"sqs:SendMessage\\"'],
  },
  {
    name: "every queue accepts messages only from the function's role and the EventBridge rule",
    violations: without('aws_sqs_queue', {
      companion: 'aws_sqs_queue_policy',
      reference: 'queue_url',
      isRight: ({ policy }) =>
        statementsOf(policy).some(
          (statement) =>
            contains(statement, {
              Effect: 'Deny',
              Action: ['sqs:SendMessage'],
              Condition: { ArnNotEquals: { 'aws:PrincipalArn': ['${aws_iam_role.processor_role.arn}'] } },
            }) &&
            (statement.Condition.ArnNotEquals?.['aws:SourceArn'] ?? []).every((arn) => arn === '${aws_cloudwatch_event_rule.trigger.arn}'),
        ),
    }),
    brokenBy: ['ArnNotEquals', 'ArnEquals'],
  },
  {
    name: 'every queue is encrypted and keeps messages for the maximum time',
    violations: where(
      'aws_sqs_queue',
      ({ sqs_managed_sse_enabled, kms_master_key_id, message_retention_seconds }) =>
        message_retention_seconds !== 1_209_600 || (sqs_managed_sse_enabled !== true && kms_master_key_id === undefined),
    ),
    brokenBy: ['1209600', '345600'],
  },
];
