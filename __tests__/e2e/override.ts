/** The services that the stacks call. */
const SERVICES = ['cloudwatch', 'dynamodb', 'iam', 'lambda', 'logs', 's3', 'sns', 'sqs', 'sts'] as const;

/**
 * A Terraform override (https://developer.hashicorp.com/terraform/language/files/override) that points the provider to an emulated
 * AWS and changes nothing else: cdk.tf.json is applied as it is.
 * @param more endpoints of further services
 */
export function providerOverride(url: string, more: Readonly<Record<string, string>> = {}): object {
  return {
    provider: {
      aws: [
        {
          access_key: 'emulated',
          secret_key: 'emulated',
          skip_credentials_validation: true,
          skip_metadata_api_check: 'true',
          s3_use_path_style: true,
          endpoints: [{ ...Object.fromEntries(SERVICES.map((service) => [service, url])), ...more }],
        },
      ],
    },
  };
}
