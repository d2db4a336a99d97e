import { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table';
import { Construct } from 'constructs';
import type { PipelineSettings } from '../../config/settings.ts';
import { BOOKMARK_KEY, EXPIRY_ATTRIBUTE } from '../../lambda-src/contract/record.ts';
import { allowKeyUse } from './encryption-key.ts';
import type { Grantee } from './policy-document.ts';

export interface LedgerTableProps {
  /** Complete name. */
  readonly name: string;
  readonly table: PipelineSettings['table'];
  /** Whether the table refuses to be deleted. */
  readonly deletionProtection: boolean;
  /** ARN of the KMS key that encrypts the table. Default: the AWS managed key. */
  readonly kmsKeyArn?: string | undefined;
}

/**
 * The table with one record per uploaded key: on-demand, encrypted, restorable to any second of the last 35 days. With the
 * `UploadTimestampIndex` it answers "the images of a day, newest first". DynamoDB deletes a record after its `ExpiresAt`; only
 * records that exist just to order late events have one.
 */
export class LedgerTable extends Construct {
  readonly arn: string;
  readonly tableName: string;
  private readonly kmsKeyArn: string | undefined;

  constructor(scope: Construct, id: string, { name, table, deletionProtection, kmsKeyArn }: LedgerTableProps) {
    super(scope, id);
    this.kmsKeyArn = kmsKeyArn;
    const resource = new DynamodbTable(this, 'Resource', {
      name,
      billingMode: 'PAY_PER_REQUEST',
      hashKey: table.partitionKey,
      attribute: [{ name: table.partitionKey, type: 'S' }, ...(table.uploadTimestampIndex ? INDEX_ATTRIBUTES : [])],
      globalSecondaryIndex: table.uploadTimestampIndex ? [UPLOAD_TIMESTAMP_INDEX] : [],
      pointInTimeRecovery: { enabled: true },
      serverSideEncryption: { enabled: true, ...(kmsKeyArn !== undefined && { kmsKeyArn }) },
      ttl: { attributeName: EXPIRY_ATTRIBUTE, enabled: true },
      deletionProtectionEnabled: deletionProtection,
      tags: { ...table.tags },
    });
    this.arn = resource.arn;
    this.tableName = resource.name;
  }

  /** Allows `dynamodb:GetItem` and `dynamodb:UpdateItem`, the ledger's only calls, on the table but not on its index; with a key, also `kms:Decrypt` through DynamoDB. */
  grantRecord(grantee: Grantee): void {
    grantee.allow({ Sid: 'KeepLedger', Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], Resource: [this.arn] });
    allowKeyUse(grantee, this.kmsKeyArn, { sid: 'DecryptLedger', service: 'dynamodb', actions: ['kms:Decrypt'] });
  }

  /**
   * Allows `dynamodb:BatchGetItem` to read records, and `dynamodb:GetItem` and `dynamodb:PutItem` only for the item that holds the progress of a
   * reconciliation; with a key, also `kms:Decrypt` through DynamoDB.
   */
  grantReconciliation(grantee: Grantee): void {
    grantee.allow({ Sid: 'ReadLedger', Action: ['dynamodb:BatchGetItem'], Resource: [this.arn] });
    grantee.allow({
      Sid: 'KeepProgress',
      Action: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      Resource: [this.arn],
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [BOOKMARK_KEY] } },
    });
    allowKeyUse(grantee, this.kmsKeyArn, { sid: 'DecryptLedger', service: 'dynamodb', actions: ['kms:Decrypt'] });
  }
}

const INDEX_ATTRIBUTES = [
  { name: 'UploadDate', type: 'S' },
  { name: 'UploadTimestamp', type: 'N' },
];

/** The day (`yyyy-mm-dd`) is the hash key, because an index with a timestamp as its hash key cannot answer range queries. */
const UPLOAD_TIMESTAMP_INDEX = {
  name: 'UploadTimestampIndex',
  hashKey: 'UploadDate',
  rangeKey: 'UploadTimestamp',
  projectionType: 'ALL',
};
