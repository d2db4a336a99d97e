import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { PRESETS } from '../../../config/presets.ts';
import { inOwnAccount, synthesize } from '../synthesized.ts';

const stack = synthesize(inOwnAccount('photo-sharing'));
const conditions = z.object({
  lifecycle: z.object({ postcondition: z.array(z.object({ condition: z.string(), error_message: z.string() })) }),
});

function checksOf(type: string, name: string): string[] {
  return conditions.parse(stack.document.data[type]?.[name]).lifecycle.postcondition.map(({ error_message }) => error_message);
}

describe('an existing bucket', () => {
  test('is read but not changed', () => {
    expect(Object.keys(stack.document.data.aws_s3_bucket ?? {}).sort()).toEqual(['renditions', 'uploads']);
    expect(stack.all().filter(({ address }) => address.startsWith('aws_s3_'))).toEqual([]);
  });

  test('sends its uploads to EventBridge in every preset', () => {
    const pattern: unknown = JSON.parse(String(stack.one('aws_cloudwatch_event_rule').event_pattern));

    expect(pattern).toMatchObject({ detail: { bucket: { name: ['${data.aws_s3_bucket.uploads.id}'] } } });
  });

  test('fails the plan if it is in another region, is not versioned or does not send events, and says what to do', () => {
    expect(checksOf('aws_s3_bucket', 'uploads')).toEqual([
      "The bucket acme-photos is not in this deployment's region (us-west-2): set `region` to the bucket's region.",
    ]);
    expect(checksOf('aws_cloudcontrolapi_resource', 'uploads_configuration')).toEqual([
      'The bucket acme-photos is not versioned, so an older photo could replace a newer one: enable versioning.',
      'The bucket acme-photos does not send its events to EventBridge: turn on EventBridge in its event notifications.',
    ]);
    expect(checksOf('aws_cloudcontrolapi_resource', 'renditions_configuration')).toEqual([
      'The bucket acme-renditions is not versioned, so an older photo could replace a newer one: enable versioning.',
    ]);
  });

  test('is checked only if the variable allows it', () => {
    expect(stack.document.data.aws_cloudcontrolapi_resource?.uploads_configuration?.count).toBe('${var.verify_existing_buckets ? 1 : 0}');
    expect(stack.document.variable.verify_existing_buckets).toMatchObject({ type: 'bool', default: true });
    const { uploadBucket, outputBucket } = PRESETS['photo-sharing']();
    const ours = synthesize(inOwnAccount('photo-sharing', { uploadBucket, outputBucket }));
    expect(ours.document.variable).not.toHaveProperty('verify_existing_buckets');
  });

  test('has an output with the statements that its policy needs', () => {
    const statements = (output: string): unknown => JSON.parse(stack.document.output[output]?.value ?? '');
    const AWS = '${aws_iam_role.processor_role.arn}';
    const [uploads, renditions] = ['uploads', 'renditions'].map((name) => `\${data.aws_s3_bucket.${name}.arn}`);

    expect(statements('upload_bucket_policy_statements')).toMatchObject([
      { Sid: 'DenyInsecureTransport', Effect: 'Deny', Resource: [uploads, `${uploads}/*`] },
      { Sid: 'ReadUploads', Effect: 'Allow', Principal: { AWS }, Action: ['s3:GetObject'], Resource: [`${uploads}/*`] },
      { Sid: 'ListUploads', Effect: 'Allow', Principal: { AWS }, Action: ['s3:ListBucket'], Resource: [uploads] },
    ]);
    expect(statements('processed_bucket_policy_statements')).toMatchObject([
      { Sid: 'DenyInsecureTransport', Effect: 'Deny' },
      { Sid: 'StoreRenditions', Effect: 'Allow', Principal: { AWS }, Resource: [`${renditions}/resized/*`] },
      { Sid: 'ListRenditions', Effect: 'Allow', Principal: { AWS }, Resource: [renditions] },
    ]);
  });

  test('gets the same grants as a bucket that the stack creates', () => {
    const resources = Object.fromEntries(stack.roleStatements().map(({ Sid, Resource }) => [Sid, Resource.join()]));

    expect(resources).toMatchObject({
      ReadUploads: '${data.aws_s3_bucket.uploads.arn}/*',
      StoreRenditions: '${data.aws_s3_bucket.renditions.arn}/resized/*',
    });
  });

  test('can have its own encryption key', () => {
    const kmsKeyArn = 'arn:aws:kms:us-west-2:123456789012:key/archive';
    const other = synthesize(inOwnAccount('photo-sharing', { uploadBucket: { existing: 'acme-photos', kmsKeyArn } }));

    expect(other.roleStatements().find(({ Sid }) => Sid === 'DecryptUploads')?.Resource).toEqual([kmsKeyArn]);
    expect(other.roleStatements().find(({ Sid }) => Sid === 'EncryptRenditions')?.Resource).toEqual([
      'arn:aws:kms:us-west-2:123456789012:key/photos',
    ]);
  });
});
