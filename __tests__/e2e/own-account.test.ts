import { join } from 'node:path';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ARCHITECTURES } from '../../asset/architecture.ts';
import { PRESETS } from '../../config/presets.ts';
import { type PipelineSettings, parseSettings } from '../../config/settings.ts';
import { itHasOneEffectPerUpload } from './delivery-checks.ts';
import { type DeployedPipeline, report } from './deployed-pipeline.ts';
import { type EmulatedAws, startEmulatedAws } from './emulated-aws.ts';
import { eventBridge } from './event-source.ts';
import { serveCloudControl } from './own-account/cloud-control.ts';
import { OwnAccountStack } from './own-account/own-account-stack.ts';
import {
  configurationOf,
  keepVersions,
  type PreparedAccount,
  prepareAccount,
  RENDITIONS,
  STATE,
  tellEventBridge,
  UPLOADS,
} from './own-account/prepared-account.ts';
import { PackagedFunction } from './packaged-function.ts';
import { itWorksWithItsOwnRole } from './permission-checks.ts';
import { brokenPhoto, cameraPhoto, factsOf, smallPhoto } from './photos.ts';
import { atWork } from './working-pipeline.ts';
import { ENVIRONMENT_SUFFIX, workspace } from './workspace.ts';

/** photo-sharing in an account that has buckets, a key, a boundary and a bucket for state. */
function settingsFor({ kmsKeyArn, boundaryArn }: PreparedAccount, different: object = {}): PipelineSettings {
  return parseSettings({
    ...PRESETS['photo-sharing'](),
    environmentSuffix: ENVIRONMENT_SUFFIX,
    architecture: ARCHITECTURES.find(({ nodeCpu }) => nodeCpu === process.arch)?.name,
    uploadBucket: { existing: UPLOADS },
    outputBucket: { existing: RENDITIONS },
    encryption: { kmsKeyArn },
    account: {
      permissionsBoundaryArn: boundaryArn,
      rolePath: '/service/',
      allowedAccountIds: ['123456789012'],
      deploymentRoleArn: 'arn:aws:iam::123456789012:role/deploy',
    },
    ...different,
  });
}

describe('photo-sharing in an account with its own rules', () => {
  let aws: EmulatedAws;
  let cloudControl: Awaited<ReturnType<typeof serveCloudControl>>;
  let account: PreparedAccount;
  let stack: OwnAccountStack;
  let deployed: DeployedPipeline;
  let before: unknown[];

  const configurations = () => Promise.all([UPLOADS, RENDITIONS].map((bucket) => configurationOf(aws, bucket)));
  const stackFor = (settings: PipelineSettings) => new OwnAccountStack(settings, { aws: aws.url, cloudControl: cloudControl.url });

  beforeAll(async () => {
    aws = await startEmulatedAws('us-west-2');
    cloudControl = await serveCloudControl(aws);
    account = await prepareAccount(aws);
    stack = stackFor(settingsFor(account));
    await stack.init();
  });

  afterAll(async () => {
    await cloudControl?.close();
    await aws?.close();
  });

  test('fails the plan while the buckets lack configuration, and says what', async () => {
    const { exitCode, errors } = await stack.plan();

    expect(exitCode).toBe(1);
    expect(errors.map((error) => error.replace(/^Resource postcondition failed: /, '').split(':')[0]).toSorted()).toEqual([
      'The bucket acme-photo-renditions is not versioned, so an older photo could replace a newer one',
      'The bucket acme-photos does not send its events to EventBridge',
      'The bucket acme-photos is not versioned, so an older photo could replace a newer one',
    ]);
  });

  test('fails the plan in another region and in an account that is not allowed', async () => {
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/photos';
    const elsewhere = stackFor(settingsFor({ ...account, kmsKeyArn: key }, { region: 'eu-west-1' }));
    await elsewhere.init();
    const { errors } = await elsewhere.plan();
    expect(errors.join()).toContain("The bucket acme-photos is not in this deployment's region (eu-west-1)");

    const foreign = settingsFor(account, {
      region: 'us-west-2',
      environmentSuffix: 'test',
      account: { allowedAccountIds: ['999999999999'] },
    });
    const notAllowed = stackFor(foreign);
    await notAllowed.init();
    expect((await notAllowed.plan()).errors.join()).toContain('AWS account ID not allowed: 123456789012');
  });

  test('is applied once the buckets are configured', async () => {
    for (const bucket of [UPLOADS, RENDITIONS]) await keepVersions(aws.clients.s3, bucket);
    await tellEventBridge(aws.clients.s3, UPLOADS);
    before = await configurations();

    const started = Date.now();
    const outputs = await stack.apply();
    report(`${stack.id} was applied in its own account in ${Math.round((Date.now() - started) / 1000)} s`);

    expect(outputs).toMatchObject({ upload_bucket_name: UPLOADS, processed_bucket_name: RENDITIONS });
    const folder = join(workspace().folder, 'own-account-function');
    const code = await PackagedFunction.unpack(aws, outputs.function_name, await stack.packagePath(), folder);
    deployed = { aws, stack, outputs, function: code };
  }, 400_000);

  test('keeps its state in the bucket and releases the lock', async () => {
    const { Contents = [] } = await aws.clients.s3.send(new ListObjectsV2Command({ Bucket: STATE }));

    expect(Contents.map(({ Key }) => Key)).toEqual([stack.stateKey]);
    expect(await stack.hasLocalState()).toBe(false);
  });

  test('sets the permissions boundary and path of its role', async () => {
    const { Role } = await aws.clients.iam.send(new GetRoleCommand({ RoleName: deployed.outputs.function_name }));

    expect(Role).toMatchObject({ Path: '/service/', PermissionsBoundary: { PermissionsBoundaryArn: account.boundaryArn } });
  });

  describe('at work', () => {
    const pipeline = atWork(
      () => deployed,
      ({ outputs }) => eventBridge(outputs.function_name),
    );

    test('fits a photo into 1024x768, whatever its name, with the rendition in the other existing bucket', async () => {
      const { records, versionId } = await pipeline().upload('Grüße + Küsse (100%).JPG', await cameraPhoto());

      expect(await pipeline().deliver(...records)).toEqual(['processed']);

      const { bytes, metadata } = await pipeline().rendition('resized/Grüße + Küsse (100%).JPG');
      expect(await factsOf(bytes)).toEqual({ format: 'jpeg', width: 576, height: 768, traces: [] });
      expect(metadata).toMatchObject({ 'original-bucket': UPLOADS, 'original-version-id': versionId });
    });

    test('is not invoked for keys without a photo suffix', async () => {
      expect((await pipeline().upload('notes.txt', Buffer.from('not a photo'))).records).toEqual([]);
    });

    test('mails a damaged photo', async () => {
      await pipeline().mails();
      const { records } = await pipeline().upload('broken.jpg', await brokenPhoto());

      expect(await pipeline().deliver(...records)).toEqual(['failed']);
      expect((await pipeline().mails()).map(({ subject }) => subject)).toEqual(['Image failed (Corrupt): broken.jpg']);
    });

    itHasOneEffectPerUpload(pipeline, { folder: '', renditionPrefix: 'resized/' });
    itWorksWithItsOwnRole(pipeline, { folder: '', renders: true });
  });

  describe('maintained', () => {
    test('has not drifted and can be planned without checking the buckets', async () => {
      // The emulator does not store the KMS key of a function's environment.
      const resources = { aws_lambda_function: { processor: { kms_key_arn: null } } };
      const variables = { verify_existing_buckets: 'false' };

      expect(await stack.plan({ resources })).toEqual({ exitCode: 0, changes: [], errors: [] });
      expect(await stack.plan({ resources, variables })).toEqual({ exitCode: 0, changes: [], errors: [] });
    });

    test('is destroyed and leaves the buckets and their content unchanged', async () => {
      await aws.clients.s3.send(new PutObjectCommand({ Bucket: UPLOADS, Key: 'kept.jpg', Body: await smallPhoto() }));

      await stack.destroy();

      expect(await configurations()).toEqual(before);
      await expect(aws.clients.s3.send(new HeadObjectCommand({ Bucket: UPLOADS, Key: 'kept.jpg' }))).resolves.toBeDefined();
    }, 300_000);
  });
});
