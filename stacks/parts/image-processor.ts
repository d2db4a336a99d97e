import type { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { LambdaAlias } from '@cdktf/provider-aws/lib/lambda-alias';
import { LambdaFunction, type LambdaFunctionConfig } from '@cdktf/provider-aws/lib/lambda-function';
import { LambdaFunctionEventInvokeConfig } from '@cdktf/provider-aws/lib/lambda-function-event-invoke-config';
import { LambdaPermission, type LambdaPermissionConfig } from '@cdktf/provider-aws/lib/lambda-permission';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { LIVE_ALIAS, MAX_EVENT_AGE_SECONDS, type PipelineSettings } from '../../config/settings.ts';
import { ALLOCATOR } from '../../lambda-src/contract/environment.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { FunctionCode } from './function-code.ts';
import { functionLog, functionRole } from './function-role.ts';
import type { ServiceRole } from './service-role.ts';
import { WatermarkLayer } from './watermark-layer.ts';

/** What the functions that run the package have in common. */
export type FunctionConfiguration = Omit<LambdaFunctionConfig, 'functionName' | 'description' | 'reservedConcurrentExecutions'> & {
  readonly environment: { readonly variables: Record<string, string> };
};

export interface ImageProcessorProps {
  readonly settings: PipelineSettings;
  readonly functionName: string;
  /** The handler's settings, encoded by `toEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** ARN of the role's permissions boundary. Default: none. */
  readonly permissionsBoundary?: string | undefined;
  /** Reserved concurrency, or -1 for none; may be a Terraform expression. */
  readonly reservedConcurrency: number;
  /** Least level of the lines in the log; may be a Terraform expression. */
  readonly logLevel: string;
}

/**
 * The function with its role, log group and dead-letter queue. Its role may write to its log group (`logs:CreateLogStream`, `logs:PutLogEvents`),
 * send to the dead-letter queue (`sqs:SendMessage`) and use the key for both; the other parts grant the rest.
 */
export class ImageProcessor extends Construct {
  readonly functionArn: string;
  readonly functionName: string;
  readonly role: ServiceRole;
  readonly logGroupName: string;
  /** Configuration of every function that runs this package: code, role, memory, timeout and environment. */
  readonly configuration: FunctionConfiguration;
  /** Points to the version that processes events. */
  readonly live: LambdaAlias;
  readonly deadLetters: DeadLetterQueue;
  /** Must exist before the first event: the retry settings and the dead-letter queue's policy. */
  readonly beforeEvents: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ImageProcessorProps) {
    super(scope, id);
    this.role = functionRole(this, props);
    const kmsKeyArn = props.settings.encryption?.kmsKeyArn;
    this.deadLetters = new DeadLetterQueue(this, 'dead-letters', {
      name: `${props.functionName}-dead-letters`,
      sender: this.role,
      kmsKeyArn,
    });
    const logGroup = functionLog(this, this.role, props);
    this.logGroupName = logGroup.name;
    this.configuration = this.functionConfiguration(props, logGroup);
    const lambda = new LambdaFunction(this, 'Resource', {
      functionName: props.functionName,
      description: `Processes the uploads of ${props.settings.preset} (${props.settings.environmentSuffix})`,
      reservedConcurrentExecutions: props.reservedConcurrency,
      // Every change of code or configuration becomes a version that the alias can return to.
      publish: true,
      ...this.configuration,
    });
    this.functionArn = lambda.arn;
    this.functionName = lambda.functionName;
    this.live = this.liveAlias(lambda, props.settings.deployment.rollout);
    // An alias does not inherit the function's settings. Those without the alias are for events that were sent before there was one.
    const retries = [this.retries('retries', lambda), this.retries('live-retries', lambda, this.live.name)];
    this.beforeEvents = [...retries, this.deadLetters.policy];
  }

  /**
   * Allows a service to invoke the function through the alias, and without it: a notification that was sent before the alias existed, or before
   * S3 applied the change, must not be lost (https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html).
   */
  allowInvocations(
    scope: Construct,
    source: { readonly statementId: string } & Pick<LambdaPermissionConfig, 'principal' | 'sourceArn' | 'sourceAccount'>,
  ): LambdaPermission[] {
    const common = { ...source, action: 'lambda:InvokeFunction', functionName: this.functionName };
    return [
      new LambdaPermission(scope, 'permission', common),
      new LambdaPermission(scope, 'live-permission', { ...common, statementId: `${source.statementId}Live`, qualifier: this.live.name }),
    ];
  }

  private liveAlias({ functionName, version }: LambdaFunction, rollout: PipelineSettings['deployment']['rollout']): LambdaAlias {
    return new LambdaAlias(this, 'live', {
      name: LIVE_ALIAS,
      description: 'Receives every event; `npm run pipeline -- rollback` points it to the previous version',
      functionName,
      functionVersion: version,
      ...(rollout === 'gradual' && { lifecycle: { ignoreChanges: ['function_version', 'routing_config'] } }),
    });
  }

  private retries(id: string, { functionName }: LambdaFunction, qualifier?: string): LambdaFunctionEventInvokeConfig {
    return new LambdaFunctionEventInvokeConfig(this, id, {
      functionName,
      ...(qualifier !== undefined && { qualifier }),
      maximumRetryAttempts: 2,
      maximumEventAgeInSeconds: MAX_EVENT_AGE_SECONDS,
      destinationConfig: { onFailure: { destination: this.deadLetters.arn } },
    });
  }

  private functionConfiguration(
    { settings, functionName, environment, logLevel }: ImageProcessorProps,
    logGroup: CloudwatchLogGroup,
  ): FunctionConfiguration {
    // X-Ray has no resources to narrow it to (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html).
    if (settings.tracing) {
      this.role.allow({ Sid: 'Trace', Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: ['*'] });
    }
    const code = new FunctionCode(this, 'code', settings);
    const { watermark } = settings.recipe;
    return {
      role: this.role.arn,
      runtime: settings.runtime,
      architectures: [settings.architecture],
      handler: 'index.handler',
      filename: code.path,
      sourceCodeHash: code.hash,
      ...(watermark && { layers: [new WatermarkLayer(this, 'watermark', { functionName, file: watermark.file }).arn] }),
      ...(settings.tracing && { tracingConfig: { mode: 'Active' } }),
      memorySize: settings.function.memoryMb,
      timeout: settings.function.timeoutSeconds,
      // POWERTOOLS_SERVICE_NAME is the value of the metrics' only dimension, which alarms and dashboard query.
      ...(settings.encryption && { kmsKeyArn: settings.encryption.kmsKeyArn }),
      environment: {
        variables: { ...environment, POWERTOOLS_SERVICE_NAME: functionName, POWERTOOLS_LOG_LEVEL: logLevel, ...ALLOCATOR },
      },
      // The function must not run before it has its permissions and its log has a retention.
      dependsOn: [this.role.policy, logGroup],
    };
  }
}
