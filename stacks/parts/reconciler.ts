import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { LambdaFunctionEventInvokeConfig } from '@cdktf/provider-aws/lib/lambda-function-event-invoke-config';
import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule';
import { Construct } from 'constructs';
import type { PipelineSettings } from '../../config/settings.ts';
import { toReconcilerEnvironment } from '../../lambda-src/contract/environment.ts';
import { functionLog, functionRole } from './function-role.ts';
import type { ImageProcessor } from './image-processor.ts';
import { ServiceRole } from './service-role.ts';

export interface ReconcilerProps {
  readonly settings: PipelineSettings;
  readonly reconcile: NonNullable<PipelineSettings['reconcile']>;
  /** Name of the function that processes uploads. */
  readonly functionName: string;
  readonly processor: ImageProcessor;
  /** ARN of the roles' permissions boundary. Default: none. */
  readonly permissionsBoundary?: string | undefined;
  readonly accountId: string;
}

/** Lambda's maximum. A run stops in time, and the next one continues. */
const TIMEOUT_SECONDS = 900;

/** Twice what a page of a thousand photos and their records needs. */
const MEMORY_MB = 256;

/** How late a run may start. */
const MAX_AGE_SECONDS = 3600;

/**
 * The function that compares the bucket with the records, and the schedule that invokes it. It runs the processor's package with its own role and
 * log. The role may write to that log and, with `repair`, invoke the processor; the other parts grant the rest. A failed run is not retried,
 * because the next one is scheduled.
 */
export class Reconciler extends Construct {
  readonly functionName: string;
  readonly role: ServiceRole;

  constructor(scope: Construct, id: string, props: ReconcilerProps) {
    super(scope, id);
    const name = `${props.functionName}-reconciler`;
    this.role = functionRole(this, { ...props, functionName: name });
    const lambda = this.lambda(name, props);
    this.functionName = lambda.functionName;
    const retries = new LambdaFunctionEventInvokeConfig(this, 'retries', {
      functionName: lambda.functionName,
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: MAX_AGE_SECONDS,
    });
    this.schedule(lambda, retries, props);
  }

  private lambda(functionName: string, { settings, reconcile, processor }: ReconcilerProps): LambdaFunction {
    const { environment, tracingConfig: _ofProcessor, ...configuration } = processor.configuration;
    const { functionName: processorName, live } = processor;
    const logGroup = functionLog(this, this.role, { settings, functionName });
    if (reconcile.repair) this.role.allow({ Sid: 'InvokeProcessor', Action: ['lambda:InvokeFunction'], Resource: [live.arn] });
    const own = toReconcilerEnvironment({ functionName: processorName, repairTarget: reconcile.repair ? live.arn : undefined });
    return new LambdaFunction(this, 'Resource', {
      ...configuration,
      functionName,
      description: `Compares the uploads of ${settings.preset} (${settings.environmentSuffix}) with their records`,
      role: this.role.arn,
      handler: 'reconcile.handler',
      memorySize: MEMORY_MB,
      timeout: TIMEOUT_SECONDS,
      environment: { variables: { ...environment.variables, ...own } },
      // The function must not run before it has its permissions and its log has a retention.
      dependsOn: [this.role.policy, logGroup],
    });
  }

  /** Invokes the function every `everyHours` hours, with a role that allows nothing else. */
  private schedule(lambda: LambdaFunction, retries: LambdaFunctionEventInvokeConfig, props: ReconcilerProps): void {
    const { settings, reconcile, functionName, permissionsBoundary, accountId } = props;
    const role = new ServiceRole(this, 'schedule-role', {
      name: `${functionName}-schedule`,
      description: `Lets EventBridge Scheduler invoke the reconciler of the Lambda function ${functionName}`,
      assumedBy: { Sid: 'AssumedByScheduler', service: 'scheduler.amazonaws.com', accountId },
      path: settings.account.rolePath,
      permissionsBoundary,
    });
    role.allow({ Sid: 'InvokeReconciler', Action: ['lambda:InvokeFunction'], Resource: [lambda.arn] });
    new SchedulerSchedule(this, 'schedule', {
      name: `${functionName}-reconciler`,
      description: `Compares the uploads of ${settings.preset} (${settings.environmentSuffix}) with their records`,
      scheduleExpression: rate(reconcile.everyHours),
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: lambda.arn,
        roleArn: role.arn,
        retryPolicy: { maximumEventAgeInSeconds: MAX_AGE_SECONDS, maximumRetryAttempts: 2 },
      },
      dependsOn: [role.policy, retries],
    });
  }
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based */
function rate(hours: number): string {
  return `rate(${hours} hour${hours === 1 ? '' : 's'})`;
}
