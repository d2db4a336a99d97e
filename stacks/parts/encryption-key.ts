import type { Grantee } from './policy-document.ts';

/** Services that use the key on behalf of the function. */
type Service = 's3' | 'dynamodb' | 'sns' | 'sqs' | 'lambda';

/** A statement about the use of a key. */
export interface KeyUse {
  readonly sid: string;
  readonly service: Service;
  /** `kms:Decrypt` to read; `kms:GenerateDataKey` to write. */
  readonly actions: readonly ('kms:Decrypt' | 'kms:GenerateDataKey')[];
}

/**
 * Allows a grantee to use the customer-managed key, by way of one service of its region only: the key itself decrypts nothing for it
 * (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service). Without a key there is nothing to allow.
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
