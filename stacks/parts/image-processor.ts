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

export interface ImageProcessorProps {
  readonly settings: PipelineSettings;
  readonly functionName: string;
  /** What the handler reads, written by `toEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** ARN of the policy that bounds the role. Default: none. */
  readonly permissionsBoundary?: string | undefined;
  /** Number of executions set aside, or -1; may be a Terraform expression. */
  readonly reservedConcurrency: number;
}

/**
 * The function with its role, log group and dead-letter queue. Its role may write to its own log group, `logs:CreateLogStream` and
 * `logs:PutLogEvents`, and send to the dead-letter queue, `sqs:SendMessage`, with the key that these need; the rest is granted by the parts that it works with.
 */
export class ImageProcessor extends Construct {
  readonly functionArn: string;
  readonly functionName: string;
  readonly role: ProcessorRole;
  readonly deadLetters: DeadLetterQueue;
  /** What must be there before the first event: its retries, and the queue for what fails. */
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

  /** Made here and not by Lambda, whose own would keep logs for ever. */
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
    return new LambdaFunction(this, 'Resource', {
      functionName,
      description: `Processes the uploads of ${settings.preset} (${settings.environmentSuffix})`,
      role: this.role.arn,
      runtime: settings.runtime,
      architectures: [settings.architecture],
      handler: 'index.handler',
      filename: code.path,
      sourceCodeHash: code.hash,
      memorySize: settings.function.memoryMb,
      timeout: settings.function.timeoutSeconds,
      reservedConcurrentExecutions: reservedConcurrency,
      // POWERTOOLS_SERVICE_NAME is the value of the one dimension of the metrics, which alarms and dashboard ask for.
      ...(settings.encryption && { kmsKeyArn: settings.encryption.kmsKeyArn }),
      environment: { variables: { ...environment, POWERTOOLS_SERVICE_NAME: functionName, ...ALLOCATOR } },
      // Nothing may run before it may, or before its log has a retention: what follows the function follows these.
      dependsOn: [this.role.policy, logGroup],
    });
  }
}
