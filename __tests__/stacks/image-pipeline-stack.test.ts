import { describe, expect, test } from '@jest/globals';
import { TerraformResource, Testing } from 'cdktf';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES } from '../../config/presets.ts';
import { parseSettings } from '../../config/settings.ts';
import { ImagePipeline } from '../../stacks/image-pipeline.ts';
import { ImagePipelineStack } from '../../stacks/image-pipeline-stack.ts';
import { Synthesized, synthesize, synthesizePart } from './synthesized.ts';

const photoSharing = deploymentOf('photo-sharing', 'dev', 'arm64');

describe('the addresses of resources that hold data or are referenced elsewhere are stable, because Terraform replaces renamed resources', () => {
  test.each(PRESET_NAMES)('in %s', (preset) => {
    const addresses = new Set(
      synthesize(deploymentOf(preset, 'dev', 'arm64'))
        .all()
        .map(({ address }) => address),
    );

    expect([...addresses]).toEqual(
      expect.arrayContaining([
        'aws_s3_bucket.uploads',
        'aws_dynamodb_table.ledger',
        'aws_sns_topic.notifications',
        'aws_sns_topic.alarm_notifications',
        'aws_lambda_function.processor',
        'aws_cloudwatch_log_group.processor_log',
        'aws_iam_role.processor_role',
        'aws_sqs_queue.processor_dead_letters',
        'aws_s3_bucket_notification.trigger',
        'aws_cloudwatch_dashboard.dashboard',
        'aws_sns_topic_subscription.notifications_mail',
        'aws_sns_topic_subscription.alarm_notifications_mail',
      ]),
    );
    expect(addresses.has('aws_s3_bucket.renditions')).toBe(preset !== 'image-metadata');
  });

  test('no two constructs share one, which would silently drop a resource', () => {
    const stack = new ImagePipelineStack(Testing.app(), 'photo-sharing-dev', photoSharing);
    const resources = stack.node.findAll().filter(TerraformResource.isTerraformResource);

    expect(new Synthesized(Testing.synth(stack)).all()).toHaveLength(resources.length);
  });
});

describe('the state', () => {
  test('is a file in the root of the project, by a relative path', () => {
    expect(synthesize(photoSharing).document.terraform.backend).toEqual({
      local: { path: '../../../terraform.photo-sharing-dev.tfstate' },
    });
  });

  test('is in the HCP Terraform workspace of the same name if an organization is given', () => {
    // Without cdktf's own validations, because this backend's validation runs terraform.
    const stack = new ImagePipelineStack(Testing.app(), 'photo-sharing-dev', photoSharing, { kind: 'hcp', organization: 'acme' });

    const { terraform } = new Synthesized(Testing.synth(stack)).document;

    expect(terraform.cloud).toEqual({ organization: 'acme', workspaces: { name: 'photo-sharing-dev' } });
    expect(terraform).not.toHaveProperty('backend');
  });

  test('is an encrypted object in a bucket, locked without a table, if a bucket is given', () => {
    const state = { kind: 's3', bucket: 'acme-state', region: 'eu-west-1', prefix: 'images/' } as const;
    const stack = new ImagePipelineStack(Testing.app(), 'photo-sharing-dev', photoSharing, state);

    const { terraform } = new Synthesized(Testing.synth(stack, true)).document;

    expect(terraform.backend).toEqual({
      s3: { bucket: 'acme-state', key: 'images/photo-sharing-dev.tfstate', region: 'eu-west-1', encrypt: true, use_lockfile: true },
    });
    expect(terraform.required_version).toBe('>= 1.10.0');
  });

  test("is in the caller's region if none is given", () => {
    const state = { kind: 's3', bucket: 'acme-state', region: undefined, prefix: '' } as const;
    const stack = new ImagePipelineStack(Testing.app(), 'photo-sharing-dev', photoSharing, state);

    expect(new Synthesized(Testing.synth(stack)).document.terraform.backend).toEqual({
      s3: { bucket: 'acme-state', key: 'photo-sharing-dev.tfstate', encrypt: true, use_lockfile: true },
    });
  });
});

describe('the provider', () => {
  test('can be of either supported major version', () => {
    expect(synthesize(photoSharing).document.terraform).toMatchObject({
      required_version: '>= 1.5.0',
      required_providers: { aws: { source: 'aws', version: '>= 5.100.0, < 7.0.0' } },
    });
  });

  test('is new enough for the runtime', () => {
    const onNode24 = synthesize({ ...photoSharing, runtime: 'nodejs24.x' });

    expect(onNode24.document.terraform).toMatchObject({ required_providers: { aws: { version: '>= 6.21.0, < 7.0.0' } } });
    expect(onNode24.one('aws_lambda_function').runtime).toBe('nodejs24.x');
  });

  test('tags everything, and the identifying tags cannot be overridden', () => {
    const tagged = { ...photoSharing, tags: { CostCentre: '42', Project: 'mine' } };

    expect(synthesize(tagged).document.provider.aws).toEqual([
      {
        region: 'us-west-2',
        default_tags: [
          { tags: { CostCentre: '42', Project: 'image-pipeline', Preset: 'photo-sharing', Environment: 'dev', ManagedBy: 'cdktf' } },
        ],
      },
    ]);
  });
});

describe('the guard rails of an account', () => {
  const guarded = parseSettings({
    ...deploymentOf('photo-sharing', 'dev', 'arm64'),
    account: {
      permissionsBoundaryArn: 'arn:aws:iam::{account}:policy/boundary',
      rolePath: '/service/',
      allowedAccountIds: ['123456789012'],
      deploymentRoleArn: 'arn:aws:iam::123456789012:role/deploy',
    },
  });

  test("set the permissions boundary and path of the function's role", () => {
    expect(synthesize(guarded).one('aws_iam_role')).toMatchObject({
      path: '/service/',
      permissions_boundary: 'arn:aws:iam::${data.aws_caller_identity.caller.account_id}:policy/boundary',
    });
  });

  test('restrict deployments to the allowed accounts and the deployment role', () => {
    expect(synthesize(guarded).document.provider.aws).toMatchObject([
      {
        allowed_account_ids: ['123456789012'],
        assume_role: [{ role_arn: 'arn:aws:iam::123456789012:role/deploy', session_name: 'image-pipeline' }],
      },
    ]);
  });

  test('are absent unless set', () => {
    const stack = synthesize(photoSharing);

    for (const argument of ['path', 'permissions_boundary']) expect(stack.one('aws_iam_role')).not.toHaveProperty(argument);
    for (const argument of ['allowed_account_ids', 'assume_role']) expect(stack.document.provider.aws?.[0]).not.toHaveProperty(argument);
  });
});

describe('{region} in names', () => {
  test('lets one environment exist in two regions without name conflicts', () => {
    const inRegion = (region: string) => {
      const settings = deploymentOf('upload-processing', 'dev', 'arm64');
      const templates = {
        uploadBucket: { name: 'uploads-{env}-{region}-{account}' },
        outputBucket: { name: 'processed-{env}-{region}-{account}' },
        function: { ...settings.function, name: 'image-processor-{env}-{region}' },
        dashboard: { ...settings.dashboard, name: 'image-processing-{env}-{region}' },
      };
      const stack = synthesize(parseSettings({ ...settings, ...templates, region }));
      // The names that are unique across all regions of an account, or across AWS.
      return [
        ...stack.some('aws_s3_bucket').map(({ attributes }) => attributes.bucket),
        stack.one('aws_iam_role').name,
        stack.one('aws_cloudwatch_dashboard').dashboard_name,
      ];
    };

    const [here, there] = [inRegion('eu-west-1'), inRegion('eu-central-1')];

    expect(here).toHaveLength(4);
    expect(here.filter((name) => there.includes(name))).toEqual([]);
  });
});

describe('the outputs', () => {
  test('refer to the created resources', () => {
    const { output } = synthesize(photoSharing).document;

    expect(Object.fromEntries(Object.entries(output).map(([name, { value }]) => [name, value]))).toEqual({
      upload_bucket_name: '${aws_s3_bucket.uploads.bucket}',
      processed_bucket_name: '${aws_s3_bucket.renditions.bucket}',
      function_name: '${aws_lambda_function.processor.function_name}',
      function_arn: '${aws_lambda_function.processor.arn}',
      function_alias_arn: '${aws_lambda_alias.processor_live.arn}',
      metadata_table_name: '${aws_dynamodb_table.ledger.name}',
      notification_topic_arn: '${aws_sns_topic.notifications.arn}',
      alarm_topic_arn: '${aws_sns_topic.alarm_notifications.arn}',
      dead_letter_queue_url: '${aws_sqs_queue.processor_dead_letters.url}',
      dashboard_url:
        'https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#dashboards/dashboard/ImageProcessing-photo-sharing-dev',
    });
  });
});

describe('the pipeline by itself', () => {
  test('fits into any stack and keeps its variable names', () => {
    const synthesized = synthesizePart((scope) => new ImagePipeline(scope, 'pipeline', photoSharing));

    expect(Object.keys(synthesized.document.variable)).toContain('notification_email');
    expect(synthesized.some('aws_lambda_function')).toHaveLength(1);
  });
});
