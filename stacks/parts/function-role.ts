import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import type { Construct } from 'constructs';
import type { PipelineSettings } from '../../config/settings.ts';
import { allowKeyUse } from './encryption-key.ts';
import { ServiceRole } from './service-role.ts';

interface FunctionProps {
  readonly settings: PipelineSettings;
  readonly functionName: string;
  /** ARN of the role's permissions boundary. Default: none. */
  readonly permissionsBoundary?: string | undefined;
}

/** Creates the role of a Lambda function, as `role` of its construct. */
export function functionRole(scope: Construct, { settings, functionName, permissionsBoundary }: FunctionProps): ServiceRole {
  return new ServiceRole(scope, 'role', {
    name: functionName,
    description: `Least privilege for the Lambda function ${functionName}`,
    assumedBy: { Sid: 'AssumedByLambda', service: 'lambda.amazonaws.com' },
    path: settings.account.rolePath,
    permissionsBoundary,
  });
}

/**
 * Creates the log group of a Lambda function, because Lambda's own would keep logs forever. Allows the role to write to it, and with a key, to
 * decrypt the function's environment.
 */
export function functionLog(scope: Construct, role: ServiceRole, { settings, functionName }: FunctionProps): CloudwatchLogGroup {
  const logGroup = new CloudwatchLogGroup(scope, 'log', {
    name: `/aws/lambda/${functionName}`,
    retentionInDays: settings.function.logRetentionDays,
    ...(settings.encryption && { kmsKeyId: settings.encryption.kmsKeyArn }),
  });
  role.allow({ Sid: 'WriteLog', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: [`${logGroup.arn}:*`] });
  allowKeyUse(role, settings.encryption?.kmsKeyArn, { sid: 'DecryptEnvironment', service: 'lambda', actions: ['kms:Decrypt'] });
  return logGroup;
}
