import { type Statement, type Synthesized, statementsOf } from '../synthesized.ts';
import { contains, permissionsWhere, type Rule, where } from './rule.ts';

const UNNEEDED_ACTIONS = ['s3:PutObjectAcl', 'logs:CreateLogGroup', 'cloudwatch:PutMetricData'];

const BATCH_OPERATIONS = { Service: ['batchoperations.s3.amazonaws.com'] };

const SCHEDULER = { Service: ['scheduler.amazonaws.com'] };

const ASSUMED_BY = [{ Principal: { Service: ['lambda.amazonaws.com'] } }, { Principal: BATCH_OPERATIONS }, { Principal: SCHEDULER }];

/** Whether a job or schedule of another account can name this role. */
function isOpenToOtherAccounts(statement: Statement): boolean {
  const own = { StringEquals: { 'aws:SourceAccount': ['${data.aws_caller_identity.caller.account_id}'] } };
  return [BATCH_OPERATIONS, SCHEDULER].some((service) => contains(statement.Principal, service)) && !contains(statement.Condition, own);
}

/** What the role of batch jobs may do, and on which resources. */
const BATCH_PERMISSIONS = [
  'lambda:InvokeFunction on ${aws_lambda_function.batch_function.arn}',
  's3:GetObject,s3:GetObjectVersion on ${aws_s3_bucket.batch_bucket.arn}/manifests/*',
  's3:PutObject on ${aws_s3_bucket.batch_bucket.arn}/reports/*',
  's3:PutInventoryConfiguration on ${aws_s3_bucket.uploads.arn}',
  's3:PutInventoryConfiguration on ${data.aws_s3_bucket.uploads.arn}',
];

/** What the reconciler may do. In an existing bucket, the name of the data source replaces that of the resource. */
const RECONCILER_PERMISSIONS = [
  's3:ListBucket on ${aws_s3_bucket.uploads.arn}',
  's3:ListBucket on ${aws_s3_bucket.renditions.arn}',
  's3:ListBucket on ${data.aws_s3_bucket.uploads.arn}',
  's3:ListBucket on ${data.aws_s3_bucket.renditions.arn}',
  'dynamodb:BatchGetItem on ${aws_dynamodb_table.ledger.arn}',
  'dynamodb:GetItem,dynamodb:PutItem on ${aws_dynamodb_table.ledger.arn}',
  'logs:CreateLogStream,logs:PutLogEvents on ${aws_cloudwatch_log_group.reconciler_log.arn}:*',
  'lambda:InvokeFunction on ${aws_lambda_alias.processor_live.arn}',
];

/** Returns the statements of a policy that are not in the list; using the key is up to another rule. */
function unlisted(synthesized: Synthesized, address: string, allowed: readonly string[]): string[] {
  return synthesized
    .resources('aws_iam_role_policy')
    .filter((resource) => resource.address === address)
    .flatMap(({ attributes }) => statementsOf(attributes.policy))
    .filter(({ Action, Resource }) => !allowed.includes(`${Action} on ${Resource}`) && !Action.every((one) => one.startsWith('kms:')))
    .map(({ Sid }) => Sid);
}

export const PERMISSION_RULES: readonly Rule[] = [
  {
    name: 'no permission covers every action of a service',
    violations: permissionsWhere(({ Action }) => Action.length === 0 || Action.some((action) => action.includes('*'))),
    brokenBy: ['dynamodb:GetItem', 'dynamodb:*'],
  },
  {
    name: 'every permission covers only resources of this stack, with at most a trailing star',
    violations: permissionsWhere(
      ({ Action, Resource }) =>
        !Action.every((action) => action.startsWith('kms:')) &&
        (Resource.length === 0 || Resource.some((resource) => !/^\$\{(data\.)?aws_[a-z0-9_]+\.[a-z_]+\.arn\}[^*]*\*?$/.test(resource))),
    ),
    brokenBy: ['\\"${aws_dynamodb_table.ledger.arn}\\"', '\\"*\\"'],
  },
  {
    name: 'a key is used through one service, to read and write data',
    violations: permissionsWhere(
      ({ Action, Resource, Condition }) =>
        Action.some((action) => action.startsWith('kms:')) &&
        (Action.some((action) => !['kms:Decrypt', 'kms:GenerateDataKey'].includes(action)) ||
          Resource.some((resource) => !/^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[a-z0-9-]+$/.test(resource)) ||
          Condition.StringEquals?.['kms:ViaService']?.length !== 1),
    ),
    brokenIn: 'an account with its own rules',
    brokenBy: ['kms:ViaService', 'kms:CallerAccount'],
  },
  {
    name: 'no permission allows changing ACLs, creating log groups or calling PutMetricData',
    violations: permissionsWhere(({ Action }) => Action.some((action) => UNNEEDED_ACTIONS.includes(action))),
    brokenBy: ['logs:CreateLogStream', 'logs:CreateLogGroup'],
  },
  {
    name: 'no permission writes or deletes objects in the upload bucket',
    violations: permissionsWhere(
      ({ Action, Resource }) =>
        Action.some((action) => /^s3:(Put|Delete|Restore)Object(?!VersionTagging$)/.test(action)) &&
        Resource.some((resource) => resource.includes('aws_s3_bucket.uploads.')),
    ),
    brokenBy: ['${aws_s3_bucket.renditions.arn}/resized/', '${aws_s3_bucket.uploads.arn}/resized/'],
  },
  {
    name: 'tagging objects is allowed only if renditions have tags',
    violations: (synthesized) =>
      permissionsWhere(({ Action }) => Action.includes('s3:PutObjectTagging') && !synthesized.text.includes('\\"tags\\":'))(synthesized),
    brokenBy: ['\\"s3:PutObject\\"', '\\"s3:PutObjectTagging\\"'],
  },
  {
    name: 'no managed policy is attached',
    violations: (synthesized) =>
      synthesized
        .all()
        .map(({ address }) => address)
        .filter((address) => /^aws_iam_(role_policy_attachment|policy_attachment|policy|role_policies_exclusive)\./.test(address)),
    brokenBy: ['"aws_cloudwatch_dashboard"', '"aws_iam_role_policy_attachment"'],
  },
  {
    name: 'only Lambda, S3 Batch Operations and EventBridge Scheduler can assume a role',
    violations: where('aws_iam_role', ({ assume_role_policy }) =>
      statementsOf(assume_role_policy).some((statement) => !ASSUMED_BY.some((one) => contains(statement, one))),
    ),
    brokenBy: ['{\\"Service\\":\\"lambda.amazonaws.com\\"}', '\\"*\\"'],
  },
  {
    name: 'a job or schedule of another account cannot assume a role',
    violations: (synthesized) =>
      synthesized
        .resources('aws_iam_role')
        .filter(({ attributes }) => statementsOf(attributes.assume_role_policy).some(isOpenToOtherAccounts))
        .map(({ address }) => address),
    brokenIn: 'a deployment with batch jobs',
    brokenBy: ['aws:SourceAccount', 'aws:SourceOrgID'],
  },
  {
    name: 'batch jobs can only invoke their own function, read lists, write reports and have S3 list the uploads',
    violations: (synthesized) =>
      synthesized
        .resources('aws_iam_role_policy')
        .filter(({ address }) => address === 'aws_iam_role_policy.batch_role_policy')
        .flatMap(({ attributes }) => statementsOf(attributes.policy))
        .filter(({ Action, Resource }) => !BATCH_PERMISSIONS.includes(`${Action} on ${Resource}`))
        .map(({ Sid }) => Sid),
    brokenIn: 'a deployment with batch jobs',
    brokenBy: ['${aws_lambda_function.batch_function.arn}', '${aws_lambda_function.processor.arn}'],
  },
  {
    name: 'the reconciler can only list buckets, read records, keep its progress and its log, and ask for repairs',
    violations: (synthesized) => unlisted(synthesized, 'aws_iam_role_policy.reconciler_role_policy', RECONCILER_PERMISSIONS),
    brokenIn: 'a deployment with reconciliation',
    brokenBy: ['dynamodb:BatchGetItem', 'dynamodb:Scan'],
  },
  {
    name: 'the reconciler can write only the item that holds its progress',
    violations: (synthesized) =>
      synthesized
        .resources('aws_iam_role_policy')
        .flatMap(({ attributes }) => statementsOf(attributes.policy))
        .filter(({ Action }) => Action.includes('dynamodb:PutItem'))
        .filter(({ Condition }) => !contains(Condition, { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['reconciliation'] } }))
        .map(({ Sid }) => Sid),
    brokenIn: 'a deployment with reconciliation',
    brokenBy: ['dynamodb:LeadingKeys', 'dynamodb:Attributes'],
  },
  {
    name: 'the schedule can only invoke the reconciler',
    violations: (synthesized) =>
      unlisted(synthesized, 'aws_iam_role_policy.reconciler_schedule_role_policy', [
        'lambda:InvokeFunction on ${aws_lambda_function.reconciler.arn}',
      ]),
    brokenIn: 'a deployment with reconciliation',
    brokenBy: ['${aws_lambda_function.reconciler.arn}', '${aws_lambda_function.processor.arn}'],
  },
  {
    name: 'only this bucket of this account, or its EventBridge rule, can invoke the function',
    violations: where(
      'aws_lambda_permission',
      (attributes) =>
        !contains(attributes, {
          principal: 's3.amazonaws.com',
          source_arn: '${aws_s3_bucket.uploads.arn}',
          source_account: '${data.aws_caller_identity.caller.account_id}',
        }) && !contains(attributes, { principal: 'events.amazonaws.com', source_arn: '${aws_cloudwatch_event_rule.trigger.arn}' }),
    ),
    brokenBy: ['"source_arn": "${aws_s3_bucket.uploads.arn}"', '"source_arn": null'],
  },
];
