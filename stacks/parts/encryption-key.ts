import type { Grantee } from './policy-document.ts';

/** Services that use the key on behalf of the function. */
type Service = 's3' | 'dynamodb' | 'sns' | 'sqs' | 'lambda';

/** How a service uses the key on a grantee's behalf. */
export interface KeyUse {
  readonly sid: string;
  readonly service: Service;
  /** `kms:Decrypt` to read; `kms:GenerateDataKey` to write. */
  readonly actions: readonly ('kms:Decrypt' | 'kms:GenerateDataKey')[];
}

/**
 * Allows a grantee to use the customer-managed key, but only through one service in the key's region, never directly
 * (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service). Does nothing without a key.
 */
export function allowKeyUse(grantee: Grantee, keyArn: string | undefined, { sid, service, actions }: KeyUse): void {
  if (keyArn === undefined) return;
  const [, partition, , region] = keyArn.split(':');
  const domain = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  grantee.allow({
    Sid: sid,
    Action: actions,
    Resource: [keyArn],
    Condition: { StringEquals: { 'kms:ViaService': `${service}.${region}.${domain}` } },
  });
}
