import { describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../config/deployments.ts';
import type { PipelineSettings } from '../../config/settings.ts';
import { RULES, SUPPRESSIONS } from './rules/index.ts';
import type { Rule } from './rules/rule.ts';
import { inOwnAccount, type Synthesized, synthesize, VARIANTS, withBatchJobs, withReconciliation } from './synthesized.ts';

/** Returns violations of a rule that are not suppressed. */
function violationsOf({ name, violations }: Rule, synthesized: Synthesized, settings: PipelineSettings): string[] {
  return violations(synthesized).filter(
    (address) => !SUPPRESSIONS.some((one) => one.rule === name && one.address === address && one.holds(settings)),
  );
}

describe.each(VARIANTS)('in $name', ({ settings }) => {
  const synthesized = synthesize(settings);

  test.each(RULES)('$name', (rule) => {
    expect(violationsOf(rule, synthesized, settings)).toEqual([]);
  });

  test('every suppression is still needed', () => {
    for (const { rule, address } of SUPPRESSIONS.filter(({ holds }) => holds(settings)))
      expect(RULES.find(({ name }) => name === rule)?.violations(synthesized)).toContain(address);
  });

  test('protection against deletion is on, unless the environment is disposable', () => {
    const isProtected = settings.environmentSuffix === 'prod';

    expect(synthesized.one('aws_dynamodb_table').deletion_protection_enabled).toBe(isProtected);
    expect(synthesized.resources('aws_s3_bucket').map(({ attributes }) => attributes.force_destroy)).not.toContain(isProtected);
  });
});

describe('a rule detects a violation', () => {
  const deployments = {
    unchanged: deploymentOf('photo-sharing', 'dev', 'arm64'),
    'an account with its own rules': inOwnAccount('photo-sharing'),
    production: deploymentOf('photo-sharing', 'prod', 'arm64'),
    'a deployment with batch jobs': withBatchJobs('photo-sharing'),
    'a deployment with reconciliation': withReconciliation('photo-sharing'),
  };

  test.each(RULES)('$name', (rule) => {
    const settings = deployments[rule.brokenIn ?? 'unchanged'];
    const [text, replacement] = rule.brokenBy;

    const broken = synthesize(settings).with(text, replacement);

    expect(violationsOf(rule, broken, settings)).not.toEqual([]);
  });
});
