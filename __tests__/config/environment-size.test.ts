import { expect, test } from '@jest/globals';
import { deploymentOf } from '../../config/deployments.ts';
import { environmentSizes } from '../../config/environment-size.ts';
import { PRESET_NAMES } from '../../config/presets.ts';
import { synthesize } from '../stacks/synthesized.ts';

const ACCOUNT = '123456789012';

test.each(PRESET_NAMES)('the estimated variable sizes of %s equal the deployed ones or slightly exceed them', (preset) => {
  const settings = deploymentOf(preset, 'dev', 'arm64');
  const stack = synthesize(settings);
  const resolved: Record<string, unknown> = {
    '${aws_s3_bucket.uploads.bucket}': `media-source-dev-${ACCOUNT}`,
    '${aws_s3_bucket.renditions.bucket}': `photo-processed-photo-sharing-dev-${ACCOUNT}`,
    '${aws_dynamodb_table.ledger.name}': stack.one('aws_dynamodb_table').name,
    '${aws_sns_topic.notifications.arn}': `arn:aws:sns:${settings.region}:${ACCOUNT}:${stack.one('aws_sns_topic.notifications').name}`,
    '${var.image_max_width}': '1024',
    '${var.image_max_height}': '1024',
  };
  const deployed = Object.entries(stack.environment()).map(([name, value]) => {
    const filled = value.replaceAll(/\$\{[^}]+\}/g, (expression) => String(resolved[expression]));
    return [name, name.length + filled.length] as const;
  });

  const expected = new Map(environmentSizes(settings).map(({ name, bytes }) => [name, bytes]));

  expect([...expected.keys()].sort()).toEqual(deployed.map(([name]) => name).sort());
  for (const [name, bytes] of deployed) {
    expect({ name, tooSmall: (expected.get(name) ?? 0) < bytes - 10, tooLarge: (expected.get(name) ?? 0) > bytes + 50 }).toEqual({
      name,
      tooSmall: false,
      tooLarge: false,
    });
  }
});
