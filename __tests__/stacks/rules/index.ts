import type { PipelineSettings } from '../../../config/settings.ts';
import { MESSAGING_RULES } from './messaging.ts';
import { PERMISSION_RULES } from './permissions.ts';
import { PROCESSING_RULES } from './processing.ts';
import type { Rule } from './rule.ts';
import { STORAGE_RULES } from './storage.ts';

/** All infrastructure rules. */
export const RULES: readonly Rule[] = [...PERMISSION_RULES, ...STORAGE_RULES, ...MESSAGING_RULES, ...PROCESSING_RULES];

/** A justified exception from a rule. */
export const SUPPRESSIONS: readonly {
  rule: string;
  address: string;
  reason: string;
  holds: (settings: PipelineSettings) => boolean;
}[] = [
  {
    rule: 'every topic encrypts its messages',
    address: 'aws_sns_topic.alarm_notifications',
    reason: 'CloudWatch cannot use the AWS managed key, and alarms contain nothing confidential: docs/decisions/topic-encryption.md.',
    holds: ({ encryption }) => encryption?.admitsAlarms !== true,
  },
  {
    rule: 'every permission covers only resources of this stack, with at most a trailing star',
    address: 'aws_iam_role_policy.processor_role_policy Trace',
    reason: 'X-Ray has no resources, so its actions can only be allowed for all (docs.aws.amazon.com/service-authorization, AWS X-Ray).',
    holds: ({ tracing }) => tracing,
  },
];
