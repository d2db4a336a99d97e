import { describe, expect, test } from '@jest/globals';
import { PRESETS } from '../../../config/presets.ts';
import { parseSettings, SettingsError } from '../../../config/settings.ts';
import { fromEnvironment, reconcilerFromEnvironment } from '../../../lambda-src/contract/environment.ts';
import { inOwnAccount, statementsOf, synthesize, variablesOf, withReconciliation } from '../synthesized.ts';

const reconciled = (reconcile: object) => synthesize(withReconciliation('photo-sharing', { reconcile }));

describe('the reconciler', () => {
  const stack = reconciled({ everyHours: 6, repair: true });

  test('is absent by default, and adds nothing else then', () => {
    const plain = synthesize(parseSettings(PRESETS['photo-sharing']()));

    expect(plain.text).not.toContain('reconcil');
    expect(plain.all().length).toBe(stack.all().filter(({ address }) => !/reconcil|missing_photos|stuck_photos/.test(address)).length);
  });

  test('runs the processor’s package with an entry, a memory and a timeout of its own', () => {
    const processor = stack.one('aws_lambda_function.processor');

    expect(stack.one('aws_lambda_function.reconciler')).toMatchObject({
      function_name: 'ImageProcessor-photo-sharing-dev-reconciler',
      handler: 'reconcile.handler',
      memory_size: 256,
      timeout: 900,
      filename: processor.filename,
      source_code_hash: processor.source_code_hash,
      role: '${aws_iam_role.reconciler_role.arn}',
    });
  });

  test('gets the settings of the processor and its own', () => {
    const variables = variablesOf(stack.one('aws_lambda_function.reconciler'));

    const filledIn = { ...variables, RENDITIONS: '[]' };
    expect(fromEnvironment(filledIn)).toMatchObject({
      tableName: '${aws_dynamodb_table.ledger.name}',
      triggerSuffixes: ['.jpg', '.jpeg', '.png'],
    });
    expect(reconcilerFromEnvironment(variables)).toEqual({
      functionName: '${aws_lambda_function.processor.function_name}',
      repairTarget: '${aws_lambda_alias.processor_live.arn}',
    });
  });

  test.each([
    [1, 'rate(1 hour)'],
    [6, 'rate(6 hours)'],
  ])('runs every %i hours', (everyHours, rate) => {
    expect(reconciled({ everyHours }).one('aws_scheduler_schedule')).toMatchObject({
      schedule_expression: rate,
      flexible_time_window: { mode: 'OFF' },
      target: { arn: '${aws_lambda_function.reconciler.arn}', role_arn: '${aws_iam_role.reconciler_schedule_role.arn}' },
    });
  });

  test('may invoke the processor only to repair', () => {
    const sids = (repair: boolean) =>
      statementsOf(reconciled({ everyHours: 6, repair }).one('aws_iam_role_policy.reconciler_role_policy').policy).map(({ Sid }) => Sid);

    expect(sids(true)).toContain('InvokeProcessor');
    expect(sids(false)).toEqual(['WriteLog', 'ListUploads', 'ListRenditions', 'ReadLedger', 'KeepProgress']);
  });

  test('may list only what the trigger and the recipe name', () => {
    const settings = withReconciliation('upload-processing');
    const statements = statementsOf(synthesize(settings).one('aws_iam_role_policy.reconciler_role_policy').policy);

    expect(statements).toContainEqual(
      expect.objectContaining({ Sid: 'ListUploads', Condition: { StringLike: { 's3:prefix': ['uploads/*'] } } }),
    );
  });

  test('is listed in the statements that the policies of existing buckets need', () => {
    const { output } = synthesize(inOwnAccount('photo-sharing', { reconcile: { everyHours: 6 } })).document;

    for (const [name, sid] of [
      ['upload_bucket_policy_statements', 'ListUploads'],
      ['processed_bucket_policy_statements', 'ListRenditions'],
    ] as const)
      expect(JSON.parse(output[name]?.value ?? '[]')).toContainEqual(
        expect.objectContaining({ Sid: sid, Principal: { AWS: '${aws_iam_role.reconciler_role.arn}' } }),
      );
  });

  test('has a name that Lambda accepts, or the settings are rejected', () => {
    const input = PRESETS['photo-sharing']();
    const named = { ...input, function: { ...input.function, name: 'f'.repeat(54) } };

    expect(parseSettings(named).function.name).toHaveLength(54);
    expect(() => parseSettings({ ...named, reconcile: { everyHours: 6 } })).toThrow(SettingsError);
    expect(() => parseSettings({ ...named, reconcile: { everyHours: 6 } })).toThrow('a function name once `reconcile` adds its ending');
    expect(() => parseSettings({ ...input, reconcile: { everyHours: 25 } })).toThrow('`reconcile.everyHours`');
  });
});
