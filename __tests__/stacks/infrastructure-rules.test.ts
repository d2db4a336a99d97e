import { describe, expect, test } from '@jest/globals';
import { RULES, SUPPRESSIONS } from './rules/index.ts';
import { type Synthesized, synthesizeVariant, VARIANTS } from './synthesized.ts';

/** What breaks a rule and is not suppressed. */
function violationsOf({ name, violations }: (typeof RULES)[number], synthesized: Synthesized): string[] {
  return violations(synthesized).filter((address) => !SUPPRESSIONS.some((one) => one.rule === name && one.address === address));
}

describe.each(VARIANTS)('in $preset-$environmentSuffix on $architecture', (variant) => {
  const synthesized = synthesizeVariant(variant);

  test.each(RULES)('$name', (rule) => {
    expect(violationsOf(rule, synthesized)).toEqual([]);
  });

  test.each(SUPPRESSIONS)('the suppression of "$rule" for $address is still needed', ({ rule, address }) => {
    expect(RULES.find(({ name }) => name === rule)?.violations(synthesized)).toContain(address);
  });

  test('protection against deletion is on, unless the environment is disposable', () => {
    const isProtected = variant.environmentSuffix === 'prod';

    expect(synthesized.one('aws_dynamodb_table').deletion_protection_enabled).toBe(isProtected);
    expect(synthesized.some('aws_s3_bucket').map(({ attributes }) => attributes.force_destroy)).not.toContain(isProtected);
  });
});

describe('a rule notices when it is broken', () => {
  const photoSharing = synthesizeVariant({ preset: 'photo-sharing', environmentSuffix: 'dev', architecture: 'arm64' });

  test.each(RULES)('$name', (rule) => {
    const [text, replacement] = rule.brokenBy;

    const broken = photoSharing.with(text, replacement);

    expect(violationsOf(rule, broken)).not.toEqual([]);
  });
});
