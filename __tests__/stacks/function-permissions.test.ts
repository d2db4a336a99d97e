import { describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../config/deployments.ts';
import { type PipelineSettings, parseSettings } from '../../config/settings.ts';
import { inOwnAccount, markingFailures, synthesize } from './synthesized.ts';

const photoSharing = deploymentOf('photo-sharing', 'dev', 'arm64');

describe('the permission to store renditions', () => {
  const actionsOf = (changes: object, options: object = {}): unknown => {
    const [first] = photoSharing.recipe.renditions;
    if (first === undefined) throw new Error('photo-sharing has a rendition');
    const recipe = {
      ...photoSharing.recipe,
      ...options,
      renditions: [
        { ...first, ...changes },
        { ...first, name: 'other', key: '{prefix}{key}.webp' },
      ],
    };
    return synthesize({ ...photoSharing, recipe })
      .roleStatements()
      .find(({ Sid }) => Sid === 'StoreRenditions');
  };

  test('covers each prefix once, and no tags', () => {
    expect(actionsOf({})).toMatchObject({
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObjectVersion'],
      Resource: ['${aws_s3_bucket.renditions.arn}/resized/*'],
    });
  });

  test('covers the prefix of manifests if there are any', () => {
    expect(actionsOf({}, { manifest: true })).toMatchObject({
      Resource: ['${aws_s3_bucket.renditions.arn}/resized/*', '${aws_s3_bucket.renditions.arn}/manifests/*'],
    });
  });

  test('covers tags if a rendition has some', () => {
    expect(actionsOf({ tags: { team: 'web' } })).toMatchObject({ Action: expect.arrayContaining(['s3:PutObjectTagging']) });
  });
});

describe('the permissions of the function', () => {
  const BASIC = {
    SendDeadLetters: ['sqs:SendMessage', '${aws_sqs_queue.processor_dead_letters.arn}'],
    WriteLog: ['logs:CreateLogStream logs:PutLogEvents', '${aws_cloudwatch_log_group.processor_log.arn}:*'],
    ListUploads: ['s3:ListBucket', '${aws_s3_bucket.uploads.arn}'],
    KeepLedger: ['dynamodb:GetItem dynamodb:UpdateItem', '${aws_dynamodb_table.ledger.arn}'],
    Notify: ['sns:Publish', '${aws_sns_topic.notifications.arn}'],
  };
  const SWAP = 's3:GetObject s3:PutObject s3:DeleteObjectVersion';

  function permissions(settings: PipelineSettings): Record<string, string[]> {
    const statements = synthesize(settings).roleStatements();
    return Object.fromEntries(statements.map(({ Sid, Action, Resource }) => [Sid, [Action.join(' '), ...Resource]]));
  }

  test('are limited to the prefix of the trigger and the prefixes of the renditions', () => {
    expect(permissions(deploymentOf('upload-processing', 'dev', 'arm64'))).toEqual({
      ...BASIC,
      ReadUploads: ['s3:GetObject', '${aws_s3_bucket.uploads.arn}/uploads/*'],
      StoreRenditions: [SWAP, '${aws_s3_bucket.renditions.arn}/processed/*'],
      ListRenditions: ['s3:ListBucket', '${aws_s3_bucket.renditions.arn}'],
    });
  });

  test('allow no writes to S3 if nothing is rendered', () => {
    expect(permissions(deploymentOf('image-metadata', 'dev', 'arm64'))).toEqual({
      ...BASIC,
      ReadUploads: ['s3:GetObject', '${aws_s3_bucket.uploads.arn}/*'],
    });
  });

  test('include the tags and versions of originals, and copies, only where failed originals are marked', () => {
    const marking = permissions(markingFailures('upload-processing'));

    expect(marking).toEqual({
      ...permissions(deploymentOf('upload-processing', 'dev', 'arm64')),
      TagFailedUploads: [
        's3:GetObjectVersionTagging s3:PutObjectVersionTagging s3:DeleteObjectVersionTagging',
        '${aws_s3_bucket.uploads.arn}/uploads/*',
      ],
      CopyFailedUploads: ['s3:GetObjectVersion', '${aws_s3_bucket.uploads.arn}/uploads/*'],
      QuarantineFailedUploads: ['s3:PutObject', '${aws_s3_bucket.renditions.arn}/quarantine/*'],
    });
    expect(permissions(markingFailures('upload-processing', { failedOriginals: { tag: true } }))).not.toHaveProperty('CopyFailedUploads');
    expect(permissions(markingFailures('upload-processing', { deletePropagation: true }))).toMatchObject({
      QuarantineFailedUploads: ['s3:PutObject s3:GetObject s3:DeleteObjectVersion', '${aws_s3_bucket.renditions.arn}/quarantine/*'],
      ListCopies: ['s3:ListBucket', '${aws_s3_bucket.renditions.arn}'],
    });
  });

  test('let a key of your own encrypt the copies', () => {
    const settings = inOwnAccount('photo-sharing', { failedOriginals: { quarantinePrefix: 'quarantine/' } });
    const key = 'arn:aws:kms:us-west-2:123456789012:key/photos';

    expect(permissions(settings)).toMatchObject({
      DecryptUploads: ['kms:Decrypt', key],
      EncryptCopies: ['kms:Decrypt kms:GenerateDataKey', key],
    });
  });

  test('cover every rendition, in the upload bucket if there is no output bucket', () => {
    const input = deploymentOf('upload-processing', 'dev', 'arm64');
    const [rendition] = input.recipe.renditions;
    const renditions = ['small', 'large'].map((name) => ({ ...rendition, name, prefix: `${name}/` }));

    const oneBucket = parseSettings({ ...input, outputBucket: null, recipe: { renditions } });

    expect(permissions(oneBucket)).toMatchObject({
      StoreRenditions: [SWAP, '${aws_s3_bucket.uploads.arn}/small/*', '${aws_s3_bucket.uploads.arn}/large/*'],
    });
  });
});
