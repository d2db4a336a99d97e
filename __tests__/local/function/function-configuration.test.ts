import { devNull } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { handlerSettings } from '../../../config/handler-settings.ts';
import { PRESET_NAMES } from '../../../config/presets.ts';
import { fromEnvironment } from '../../../lambda-src/contract/environment.ts';
import { functionConfiguration } from '../../../local/function/function-configuration.ts';

const ENDPOINT = 'http://127.0.0.1:1';
const ENDPOINTS = { s3: ENDPOINT, sns: ENDPOINT, sqs: ENDPOINT, dynamodb: ENDPOINT };
const RESOURCES = {
  uploadBucket: 'uploads',
  outputBucket: 'outputs',
  tableName: 'ledger',
  topicArn: 'arn:aws:sns:us-west-2:000000000000:mails',
  mailQueueUrl: `${ENDPOINT}/mails`,
  deadLetterQueueUrl: `${ENDPOINT}/dead-letters`,
};

describe('the configuration of the function', () => {
  test.each(PRESET_NAMES)('gives the handler of %s exactly its settings', (preset) => {
    const settings = deploymentOf(preset, 'dev', 'arm64');

    const { environment } = functionConfiguration(settings, RESOURCES, ENDPOINTS);

    expect(fromEnvironment(environment)).toEqual(handlerSettings(settings, RESOURCES));
  });

  test('has the variables that Lambda and the stack set', () => {
    const { name, arn, timeoutMilliseconds, environment } = functionConfiguration(
      deploymentOf('photo-sharing', 'dev', 'arm64'),
      RESOURCES,
      ENDPOINTS,
    );

    expect({ name, arn, timeoutMilliseconds }).toEqual({
      name: 'ImageProcessor-photo-sharing-dev',
      arn: 'arn:aws:lambda:us-west-2:000000000000:function:ImageProcessor-photo-sharing-dev',
      timeoutMilliseconds: 60_000,
    });
    expect(environment).toMatchObject({
      AWS_LAMBDA_FUNCTION_NAME: 'ImageProcessor-photo-sharing-dev',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_REGION: 'us-west-2',
      AWS_ENDPOINT_URL_S3: ENDPOINT,
      AWS_ENDPOINT_URL_DYNAMODB: ENDPOINT,
      AWS_ENDPOINT_URL_SNS: ENDPOINT,
      AWS_ENDPOINT_URL_SQS: ENDPOINT,
      MALLOC_ARENA_MAX: '1',
    });
  });

  test("keeps the SDK away from the user's profiles and credentials", () => {
    const { environment } = functionConfiguration(deploymentOf('photo-sharing', 'dev', 'arm64'), RESOURCES, ENDPOINTS);

    expect(environment).toMatchObject({
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: 'true',
    });
  });
});
