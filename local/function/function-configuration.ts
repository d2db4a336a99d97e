import { devNull } from 'node:os';
import { resolve } from 'node:path';
import { handlerSettings } from '../../config/handler-settings.ts';
import { fillIn, type PipelineSettings } from '../../config/settings.ts';
import { ALLOCATOR, toEnvironment } from '../../lambda-src/contract/environment.ts';
import { type AwsEndpoints, type AwsResources, LOCAL_ACCOUNT } from '../aws/embedded-aws.ts';

/** A function's configuration, as in Lambda. */
export interface FunctionConfiguration {
  readonly name: string;
  readonly arn: string;
  readonly timeoutMilliseconds: number;
  /** The complete environment of the function's process. Nothing from this machine's environment, such as secrets, is passed on. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Returns the configuration of a deployment's function, connected to the embedded AWS. */
export function functionConfiguration(settings: PipelineSettings, resources: AwsResources, endpoints: AwsEndpoints): FunctionConfiguration {
  const name = fillIn(settings.function.name, settings, LOCAL_ACCOUNT);
  const arn = `arn:aws:lambda:${settings.region}:${LOCAL_ACCOUNT}:function:${name}`;
  const { watermark } = settings.recipe;
  return {
    name,
    arn,
    timeoutMilliseconds: settings.function.timeoutSeconds * 1000,
    environment: {
      ...toEnvironment(handlerSettings(settings, { ...resources, watermarkFile: watermark && resolve(watermark.file) })),
      ...lambdaEnvironment(name, settings),
      ...loopbackEnvironment(endpoints),
      FUNCTION_ARN: arn,
    },
  };
}

/** Variables that Lambda and the stack set (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). */
function lambdaEnvironment(name: string, settings: PipelineSettings): Record<string, string> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.function.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_REGION: settings.region,
    AWS_DEFAULT_REGION: settings.region,
    POWERTOOLS_SERVICE_NAME: name,
    ...ALLOCATOR,
    TZ: 'UTC',
  };
}

/** Points the production adapters at this machine and nothing else. */
function loopbackEnvironment(endpoints: AwsEndpoints): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SNS: endpoints.sns,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    // Without these, the SDK finds the user's profiles even without HOME.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}
