import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { LambdaFunction, type LambdaFunctionConfig } from '@cdktf/provider-aws/lib/lambda-function';
import { LambdaFunctionEventInvokeConfig } from '@cdktf/provider-aws/lib/lambda-function-event-invoke-config';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { MAX_EVENT_AGE_SECONDS, type PipelineSettings } from '../../config/settings.ts';
import { ALLOCATOR } from '../../lambda-src/contract/environment.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { allowKeyUse } from './encryption-key.ts';
import { FunctionCode } from './function-code.ts';
import { ServiceRole } from './service-role.ts';

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
}

/**
 * The function with its role, log group and dead-letter queue. Its role may write to its own log group, `logs:CreateLogStream` and
 * `logs:PutLogEvents`, and send to the dead-letter queue, `sqs:SendMessage`, and use the key for both; the other parts grant the rest.
 */
export class ImageProcessor extends Construct {
  readonly functionArn: string;
  readonly functionName: string;
  readonly role: ServiceRole;
  readonly logGroupName: string;
  /** Configuration of every function that runs this package: code, role, memory, timeout and environment. */
  readonly configuration: FunctionConfiguration;
  readonly deadLetters: DeadLetterQueue;
  /** Must exist before the first event: the retry settings and the dead-letter queue's policy. */
  readonly beforeEvents: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ImageProcessorProps) {
    super(scope, id);
    this.role = new ServiceRole(this, 'role', {
      name: props.functionName,
      description: `Least privilege for the Lambda function ${props.functionName}`,
      assumedBy: { Sid: 'AssumedByLambda', service: 'lambda.amazonaws.com' },
      path: props.settings.account.rolePath,
      permissionsBoundary: props.permissionsBoundary,
    });
    const kmsKeyArn = props.settings.encryption?.kmsKeyArn;
    this.deadLetters = new DeadLetterQueue(this, 'dead-letters', {
      name: `${props.functionName}-dead-letters`,
      sender: this.role,
      kmsKeyArn,
    });
    const logGroup = this.logGroup(props);
    this.logGroupName = logGroup.name;
    this.configuration = this.functionConfiguration(props, logGroup);
    const lambda = new LambdaFunction(this, 'Resource', {
      functionName: props.functionName,
      description: `Processes the uploads of ${props.settings.preset} (${props.settings.environmentSuffix})`,
      reservedConcurrentExecutions: props.reservedConcurrency,
      ...this.configuration,
    });
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

  private functionConfiguration(
    { settings, functionName, environment }: ImageProcessorProps,
    logGroup: CloudwatchLogGroup,
  ): FunctionConfiguration {
    allowKeyUse(this.role, settings.encryption?.kmsKeyArn, { sid: 'DecryptEnvironment', service: 'lambda', actions: ['kms:Decrypt'] });
    const code = new FunctionCode(this, 'code', settings.architecture);
    return {
      role: this.role.arn,
      runtime: settings.runtime,
      architectures: [settings.architecture],
      handler: 'index.handler',
      filename: code.path,
      sourceCodeHash: code.hash,
      memorySize: settings.function.memoryMb,
      timeout: settings.function.timeoutSeconds,
      // POWERTOOLS_SERVICE_NAME is the value of the metrics' only dimension, which alarms and dashboard query.
      ...(settings.encryption && { kmsKeyArn: settings.encryption.kmsKeyArn }),
      environment: { variables: { ...environment, POWERTOOLS_SERVICE_NAME: functionName, ...ALLOCATOR } },
      // The function must not run before it has its permissions and its log has a retention.
      dependsOn: [this.role.policy, logGroup],
    };
  }
}
