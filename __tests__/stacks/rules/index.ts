import type { PipelineSettings } from '../../../config/settings.ts';
import { MESSAGING_RULES } from './messaging.ts';
import { PERMISSION_RULES } from './permissions.ts';
import { PROCESSING_RULES } from './processing.ts';
import type { Rule } from './rule.ts';
import { STORAGE_RULES } from './storage.ts';

/** Every rule of the infrastructure. */
export const RULES: readonly Rule[] = [...PERMISSION_RULES, ...STORAGE_RULES, ...MESSAGING_RULES, ...PROCESSING_RULES];

/** Where a rule does not hold, and why that is right. */
export const SUPPRESSIONS: readonly {
  rule: string;
  address: string;
  reason: string;
  holds: (settings: PipelineSettings) => boolean;
}[] = [
  {
    rule: 'every topic encrypts its messages',
    address: 'aws_sns_topic.alarm_notifications',
    reason: 'CloudWatch cannot use the AWS-managed key, and an alarm tells no secret: docs/decisions/topic-encryption.md.',
    holds: ({ encryption }) => encryption?.admitsAlarms !== true,
  },
];
