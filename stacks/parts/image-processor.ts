import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { LambdaFunctionEventInvokeConfig } from '@cdktf/provider-aws/lib/lambda-function-event-invoke-config';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { MAX_EVENT_AGE_SECONDS, type PipelineSettings } from '../../config/settings.ts';
import { ALLOCATOR } from '../../lambda-src/contract/environment.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { allowKeyUse } from './encryption-key.ts';
import { FunctionCode } from './function-code.ts';
import { ProcessorRole } from './processor-role.ts';
import { WatermarkLayer } from './watermark-layer.ts';

export interface ImageProcessorProps {
  readonly settings: PipelineSettings;
  readonly functionName: string;
  /** The handler's settings, encoded by `toEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** ARN of the role's permissions boundary. Default: none. */
  readonly permissionsBoundary?: string | undefined;
  /** Reserved concurrency, or -1 for none; may be a Terraform expression. */
  readonly reservedConcurrency: number;
}

/**
 * The function with its role, log group and dead-letter queue. Its role may write to its own log group, `logs:CreateLogStream` and
 * `logs:PutLogEvents`, and send to the dead-letter queue, `sqs:SendMessage`, and use the key for both; the other parts grant the rest.
 */
export class ImageProcessor extends Construct {
  readonly functionArn: string;
  readonly functionName: string;
  readonly role: ProcessorRole;
  readonly deadLetters: DeadLetterQueue;
  /** Must exist before the first event: the retry settings and the dead-letter queue's policy. */
  readonly beforeEvents: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ImageProcessorProps) {
    super(scope, id);
    this.role = new ProcessorRole(this, 'role', {
      name: props.functionName,
      path: props.settings.account.rolePath,
      permissionsBoundary: props.permissionsBoundary,
    });
    const kmsKeyArn = props.settings.encryption?.kmsKeyArn;
    this.deadLetters = new DeadLetterQueue(this, 'dead-letters', {
      name: `${props.functionName}-dead-letters`,
      sender: this.role,
      kmsKeyArn,
    });
    const lambda = this.lambda(props, this.logGroup(props));
    this.functionArn = lambda.arn;
    this.functionName = lambda.functionName;
    const retries = new LambdaFunctionEventInvokeConfig(this, 'retries', {
      functionName: lambda.functionName,
      maximumRetryAttempts: 2,
      maximumEventAgeInSeconds: MAX_EVENT_AGE_SECONDS,
      destinationConfig: { onFailure: { destination: this.deadLetters.arn } },
    });
    this.beforeEvents = [retries, this.deadLetters.policy];
  }

  /** Creates the log group here, because Lambda's own would keep logs forever. */
  private logGroup({ settings, functionName }: ImageProcessorProps): CloudwatchLogGroup {
    const logGroup = new CloudwatchLogGroup(this, 'log', {
      name: `/aws/lambda/${functionName}`,
      retentionInDays: settings.function.logRetentionDays,
      ...(settings.encryption && { kmsKeyId: settings.encryption.kmsKeyArn }),
    });
    const actions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
    this.role.allow({ Sid: 'WriteLog', Action: actions, Resource: [`${logGroup.arn}:*`] });
    return logGroup;
  }

  private lambda({ settings, functionName, environment, reservedConcurrency }: ImageProcessorProps, logGroup: CloudwatchLogGroup) {
    allowKeyUse(this.role, settings.encryption?.kmsKeyArn, { sid: 'DecryptEnvironment', service: 'lambda', actions: ['kms:Decrypt'] });
    const code = new FunctionCode(this, 'code', settings.architecture);
    const { watermark } = settings.recipe;
    return new LambdaFunction(this, 'Resource', {
      functionName,
      description: `Processes the uploads of ${settings.preset} (${settings.environmentSuffix})`,
      role: this.role.arn,
      runtime: settings.runtime,
      architectures: [settings.architecture],
      handler: 'index.handler',
      filename: code.path,
      sourceCodeHash: code.hash,
      ...(watermark && { layers: [new WatermarkLayer(this, 'watermark', { functionName, file: watermark.file }).arn] }),
      memorySize: settings.function.memoryMb,
      timeout: settings.function.timeoutSeconds,
      reservedConcurrentExecutions: reservedConcurrency,
      // POWERTOOLS_SERVICE_NAME is the value of the metrics' only dimension, which alarms and dashboard query.
      ...(settings.encryption && { kmsKeyArn: settings.encryption.kmsKeyArn }),
      environment: { variables: { ...environment, POWERTOOLS_SERVICE_NAME: functionName, ...ALLOCATOR } },
      // The function must not run before it has its permissions and its log has a retention.
      dependsOn: [this.role.policy, logGroup],
    });
  }
}
