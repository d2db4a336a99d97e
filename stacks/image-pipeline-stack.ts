import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { CloudBackend, LocalBackend, NamedCloudWorkspace, S3Backend, TerraformElement, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct, Node } from 'constructs';
import type { PipelineSettings } from '../config/settings.ts';
import type { StateLocation } from '../config/state.ts';
import { beforeSynthesis } from './before-synthesis.ts';
import { ImagePipeline } from './image-pipeline.ts';

/** Both major versions support every attribute used here; the lower bound is the first version that supports the runtime. */
const AWS_PROVIDER_VERSIONS: Readonly<Record<PipelineSettings['runtime'], string>> = {
  'nodejs22.x': '>= 5.100.0, < 7.0.0',
  'nodejs24.x': '>= 6.21.0, < 7.0.0',
};

/** The last release line under the MPL; nothing here needs a later one. */
const TERRAFORM_VERSIONS = '>= 1.5.0';

/** The first version that locks S3 state without a DynamoDB table (https://developer.hashicorp.com/terraform/language/backend/s3#state-locking). */
const TERRAFORM_VERSIONS_FOR_S3_STATE = '>= 1.10.0';

/** Pins the provider, so that every `terraform init` chooses the same version. */
const LOCK_FILE = '.terraform.lock.hcl';

/** One deployment of the pipeline: provider, state, resources, outputs. */
export class ImagePipelineStack extends TerraformStack {
  /**
   * @param id also the name of the state: of its workspace, object or file
   * @param state where the state is kept
   */
  constructor(scope: Construct, id: string, settings: PipelineSettings, state: StateLocation = { kind: 'local' }) {
    super(scope, id);
    this.provider(settings);
    this.keepState(id, state);
    beforeSynthesis(this, (stackFolder) => lockProvider(stackFolder, AWS_PROVIDER_VERSIONS[settings.runtime]));
    this.outputs(new ImagePipeline(this, 'Default', settings));
  }

  /** Returns an address that reads well in a plan, such as `aws_s3_bucket.uploads`: the construct's path without cdktf's digest. */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const node = TerraformElement.isTerraformElement(element) ? element.node : element;
    return node.scopes
      .slice(node.scopes.indexOf(this) + 1)
      .map((scope) => scope.node.id)
      .filter((part) => part !== 'Default' && part !== 'Resource')
      .join('_')
      .replaceAll('-', '_');
  }

  private keepState(id: string, state: StateLocation): void {
    switch (state.kind) {
      case 'hcp':
        new CloudBackend(this, { organization: state.organization, workspaces: new NamedCloudWorkspace(id) });
        break;
      case 's3':
        new S3Backend(this, {
          bucket: state.bucket,
          key: `${state.prefix}${id}.tfstate`,
          encrypt: true,
          ...(state.region !== undefined && { region: state.region }),
        });
        // cdktf does not support this argument yet.
        this.addOverride('terraform.backend.s3.use_lockfile', true);
        this.addOverride('terraform.required_version', TERRAFORM_VERSIONS_FOR_S3_STATE);
        break;
      case 'local':
        // Relative to cdktf.out/stacks/<id>, so that the JSON holds no absolute path and deleting cdktf.out does not delete the state.
        new LocalBackend(this, { path: `../../../terraform.${id}.tfstate` });
    }
  }

  private provider(settings: PipelineSettings): void {
    const { allowedAccountIds, deploymentRoleArn } = settings.account;
    new AwsProvider(this, 'aws', {
      region: settings.region,
      ...(allowedAccountIds.length > 0 && { allowedAccountIds }),
      ...(deploymentRoleArn !== undefined && { assumeRole: [{ roleArn: deploymentRoleArn, sessionName: 'image-pipeline' }] }),
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
    this.addOverride('terraform.required_providers.aws.version', AWS_PROVIDER_VERSIONS[settings.runtime]);
  }

  private outputs(pipeline: ImagePipeline): void {
    const { uploads, renditions, ledger, notifications, alarmNotifications, processor, dashboard } = pipeline;
    this.output('upload_bucket_name', uploads.bucketName, 'Bucket to upload originals to');
    if (renditions !== undefined) this.output('processed_bucket_name', renditions.bucketName, 'Bucket that renditions are stored in');
    const { uploads: uploadPolicy, renditions: renditionPolicy } = pipeline.bucketPolicies;
    const statements = 'Statements to add to the policy of the existing bucket, as JSON';
    if (uploadPolicy !== undefined) this.output('upload_bucket_policy_statements', uploadPolicy, statements);
    if (renditionPolicy !== undefined) this.output('processed_bucket_policy_statements', renditionPolicy, statements);
    this.output('function_name', processor.functionName, 'Name of the Lambda function that processes uploads');
    this.output('function_arn', processor.functionArn, 'ARN of the Lambda function that processes uploads');
    this.output('function_alias_arn', processor.live.arn, 'ARN of the alias that receives every event; invoke the function by it');
    this.output('metadata_table_name', ledger.tableName, 'DynamoDB table with one record per image');
    this.output('notification_topic_arn', notifications.arn, 'SNS topic for notifications about images');
    this.output('alarm_topic_arn', alarmNotifications.arn, 'SNS topic for alarms; add further subscriptions here');
    this.output('dead_letter_queue_url', processor.deadLetters.url, 'SQS dead-letter queue for events that failed after all retries');
    if (pipeline.batchJobs !== undefined) {
      const { functionName, roleArn, reportLocation } = pipeline.batchJobs;
      this.output('batch_function_name', functionName, 'Name of the Lambda function that S3 Batch Operations jobs invoke');
      this.output('batch_role_arn', roleArn, 'Role that S3 assumes for the batch jobs of this deployment');
      this.output('batch_report_location', reportLocation, 'Where batch jobs store their reports');
    }
    this.output('dashboard_url', dashboard.url, 'CloudWatch dashboard of this deployment');
  }

  private output(name: string, value: string, description: string): void {
    new TerraformOutput(this, name, { value, description, staticId: true });
  }
}

/** Copies the lock file beside the stack's JSON. Without one, or with one for other versions, Terraform chooses the provider version. */
function lockProvider(stackFolder: string, versions: string): void {
  const source = resolve(LOCK_FILE);
  const isOfThese = existsSync(source) && readFileSync(source, 'utf8').includes(`constraints = "${versions}"`);
  if (!isOfThese) {
    // A copy left by an earlier synthesis would pin the old version.
    rmSync(join(stackFolder, LOCK_FILE), { force: true });
    return;
  }
  mkdirSync(stackFolder, { recursive: true });
  copyFileSync(source, join(stackFolder, LOCK_FILE));
}
