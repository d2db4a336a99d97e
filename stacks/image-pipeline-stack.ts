import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { CloudBackend, LocalBackend, NamedCloudWorkspace, TerraformElement, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct, Node } from 'constructs';
import type { PipelineSettings } from '../config/settings.ts';
import { ImagePipeline } from './image-pipeline.ts';

/** Both majors know every attribute that is written here. */
const AWS_PROVIDER_VERSIONS = '>= 5.100.0, < 7.0.0';

/** The last release line under the MPL, and all that is written here needs. */
const TERRAFORM_VERSIONS = '>= 1.5.0';

/** One deployment of the pipeline: provider, state, resources, outputs. */
export class ImagePipelineStack extends TerraformStack {
  /**
   * @param id also the name of the HCP Terraform workspace or of the local state file
   * @param cloudOrganization the HCP Terraform organization that keeps the state; without one it is a file at the project's root
   */
  constructor(scope: Construct, id: string, settings: PipelineSettings, cloudOrganization?: string) {
    super(scope, id);
    this.keepState(id, cloudOrganization);
    this.provider(settings);
    this.outputs(new ImagePipeline(this, 'Default', settings));
  }

  /** Addresses that read well in a plan, such as `aws_s3_bucket.uploads`: the path of the construct, without cdktf's digest. */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const node = TerraformElement.isTerraformElement(element) ? element.node : element;
    return node.scopes
      .slice(node.scopes.indexOf(this) + 1)
      .map((scope) => scope.node.id)
      .filter((part) => part !== 'Default' && part !== 'Resource')
      .join('_')
      .replaceAll('-', '_');
  }

  private keepState(id: string, cloudOrganization: string | undefined): void {
    if (cloudOrganization) {
      new CloudBackend(this, { organization: cloudOrganization, workspaces: new NamedCloudWorkspace(id) });
    } else {
      // Relative to cdktf.out/stacks/<id>, so that the JSON holds no path of this machine and deleting cdktf.out loses no state.
      new LocalBackend(this, { path: `../../../terraform.${id}.tfstate` });
    }
  }

  private provider(settings: PipelineSettings): void {
    new AwsProvider(this, 'aws', {
      region: settings.region,
      defaultTags: [
        {
          tags: {
            ...settings.tags,
            Project: 'image-pipeline',
            Preset: settings.preset,
            Environment: settings.environmentSuffix,
            ManagedBy: 'cdktf',
          },
        },
      ],
    });
    this.addOverride('terraform.required_version', TERRAFORM_VERSIONS);
    this.addOverride('terraform.required_providers.aws.version', AWS_PROVIDER_VERSIONS);
  }

  private outputs({ uploads, renditions, ledger, notifications, alarmNotifications, processor, dashboard }: ImagePipeline): void {
    this.output('upload_bucket_name', uploads.bucketName, 'Bucket to upload originals to');
    if (renditions !== undefined) this.output('processed_bucket_name', renditions.bucketName, 'Bucket that renditions are stored in');
    this.output('function_name', processor.functionName, 'Name of the Lambda function that processes uploads');
    this.output('function_arn', processor.functionArn, 'ARN of the Lambda function that processes uploads');
    this.output('metadata_table_name', ledger.tableName, 'DynamoDB table with one record per image');
    this.output('notification_topic_arn', notifications.arn, 'SNS topic of the notifications about images');
    this.output('alarm_topic_arn', alarmNotifications.arn, 'SNS topic of the alarms, for further subscriptions');
    this.output('dead_letter_queue_url', processor.deadLetters.url, 'SQS queue of the events that were given up after all retries');
    this.output('dashboard_url', dashboard.url, 'CloudWatch dashboard of this deployment');
  }

  private output(name: string, value: string, description: string): void {
    new TerraformOutput(this, name, { value, description, staticId: true });
  }
}
