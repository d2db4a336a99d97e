import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { LambdaFunctionEventInvokeConfig } from '@cdktf/provider-aws/lib/lambda-function-event-invoke-config';
import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule';
import { Construct } from 'constructs';
import type { PipelineSettings } from '../../config/settings.ts';
import { toReconcilerEnvironment } from '../../lambda-src/contract/environment.ts';
import { allowKeyUse } from './encryption-key.ts';
import type { ImageProcessor } from './image-processor.ts';
import { policyDocument } from './policy-document.ts';
import { ProcessorRole } from './processor-role.ts';

export interface ReconcilerProps {
  readonly settings: PipelineSettings;
  readonly reconcile: NonNullable<PipelineSettings['reconcile']>;
  readonly functionName: string;
  /** The handler's settings, encoded by `toEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly processor: ImageProcessor;
  /** ARN of the roles' permissions boundary. Default: none. */
  readonly permissionsBoundary?: string | undefined;
  readonly accountId: string;
}

/** Lambda's maximum; a run stops in time and the next one continues. */
const TIMEOUT_SECONDS = 900;

/** A page of a thousand photos and their records needs a fraction of this. */
const MEMORY_MB = 256;

/**
 * The function that compares the bucket with the records, from the same package as the processor, with its own role and log group, and the schedule
 * that invokes it. Its role may write to its own log group and, with `repair`, invoke the processor; the other parts grant the rest. A run that fails
 * is not repeated, because the next one is scheduled.
 */
export class Reconciler extends Construct {
  readonly functionName: string;
  readonly role: ProcessorRole;

  constructor(scope: Construct, id: string, props: ReconcilerProps) {
    super(scope, id);
    const { settings, functionName, permissionsBoundary } = props;
    this.role = new ProcessorRole(this, 'role', { name: functionName, path: settings.account.rolePath, permissionsBoundary });
    const lambda = this.lambda(props, this.logGroup(props));
    this.functionName = lambda.functionName;
    const attempts = new LambdaFunctionEventInvokeConfig(this, 'attempts', {
      functionName: lambda.functionName,
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: 3600,
    });
    const invocation = this.schedulerRole(props, lambda.arn);
    new SchedulerSchedule(this, 'schedule', {
      name: functionName,
      description: `Compares the uploads of ${settings.preset} (${settings.environmentSuffix}) with their records`,
      scheduleExpression: rate(props.reconcile.everyHours),
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: lambda.arn,
        roleArn: invocation.role.arn,
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 2 },
      },
      dependsOn: [invocation.policy, attempts],
    });
  }

  /** Creates the log group here, because Lambda's own would keep logs forever. */
  private logGroup({ settings, functionName }: ReconcilerProps): CloudwatchLogGroup {
    const logGroup = new CloudwatchLogGroup(this, 'log', {
      name: `/aws/lambda/${functionName}`,
      retentionInDays: settings.function.logRetentionDays,
      ...(settings.encryption && { kmsKeyId: settings.encryption.kmsKeyArn }),
    });
    this.role.allow({ Sid: 'WriteLog', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: [`${logGroup.arn}:*`] });
    return logGroup;
  }

  private lambda({ settings, reconcile, functionName, environment, processor }: ReconcilerProps, logGroup: CloudwatchLogGroup) {
    allowKeyUse(this.role, settings.encryption?.kmsKeyArn, { sid: 'DecryptEnvironment', service: 'lambda', actions: ['kms:Decrypt'] });
    if (reconcile.repair) this.role.allow({ Sid: 'AskForRepairs', Action: ['lambda:InvokeFunction'], Resource: [processor.functionArn] });
    return new LambdaFunction(this, 'Resource', {
      functionName,
      description: `Reconciles the uploads of ${settings.preset} (${settings.environmentSuffix}) with their records`,
      role: this.role.arn,
      runtime: settings.runtime,
      architectures: [settings.architecture],
      handler: 'reconcile.handler',
      filename: processor.code.path,
      sourceCodeHash: processor.code.hash,
      memorySize: MEMORY_MB,
      timeout: TIMEOUT_SECONDS,
      ...(settings.encryption && { kmsKeyArn: settings.encryption.kmsKeyArn }),
      environment: {
        variables: { ...environment, ...toReconcilerEnvironment({ functionName: processor.functionName, repair: reconcile.repair }) },
      },
      // The function must not run before it has its permissions and its log has a retention.
      dependsOn: [this.role.policy, logGroup],
    });
  }

  /** The role that EventBridge Scheduler assumes; it may only invoke the reconciler. */
  private schedulerRole({ settings, functionName, permissionsBoundary, accountId }: ReconcilerProps, functionArn: string) {
    const role = new IamRole(this, 'scheduler-role', {
      // Names of roles have the same length limit as names of functions.
      name: `${functionName.slice(0, -'reconciler'.length)}schedule`,
      ...(settings.account.rolePath !== '/' && { path: settings.account.rolePath }),
      ...(permissionsBoundary !== undefined && { permissionsBoundary }),
      description: `Lets EventBridge Scheduler invoke the Lambda function ${functionName}`,
      assumeRolePolicy: policyDocument([
        {
          Sid: 'AssumedByScheduler',
          Effect: 'Allow',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
        },
      ]),
    });
    const policy = new IamRolePolicy(this, 'scheduler-policy', {
      name: functionName,
      role: role.name,
      policy: policyDocument([{ Sid: 'InvokeReconciler', Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: [functionArn] }]),
    });
    return { role, policy };
  }
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based */
function rate(hours: number): string {
  return `rate(${hours} hour${hours === 1 ? '' : 's'})`;
}
