import { DataAwsCloudcontrolapiResource } from '@cdktf/provider-aws/lib/data-aws-cloudcontrolapi-resource';
import { DataAwsS3Bucket } from '@cdktf/provider-aws/lib/data-aws-s3-bucket';
import { type ITerraformDependable, type Postcondition, TerraformCount, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { PhotoBucket } from './photo-bucket.ts';
import { denyInsecureTransport, type Grantee, type PolicyStatement } from './policy-document.ts';

export interface ExistingBucketProps {
  /** Complete name; may be a Terraform expression. */
  readonly name: string;
  /** Region of the deployment, in which the bucket must be. */
  readonly region: string;
  /** Whether EventBridge reports uploads to it. */
  readonly announcesUploads: boolean;
  /** ARN of the KMS key that its objects are encrypted with. Default: S3's own keys. */
  readonly kmsKeyArn?: string | undefined;
  /** A Terraform expression: whether the plan checks the bucket's configuration. */
  readonly verified: string;
}

/** What a role needs. */
export interface RoleGrant {
  readonly roleArn: string;
  readonly grant: (grantee: Grantee) => void;
}

/**
 * A bucket that this stack does not manage: its configuration is read but never changed, not even on destroy. The plan fails
 * if the bucket is in another region, is not versioned, or does not send events to EventBridge.
 */
export class ExistingBucket extends PhotoBucket {
  readonly arn: string;
  readonly bucketName: string;
  readonly ready: readonly ITerraformDependable[];
  protected readonly kmsKeyArn: string | undefined;

  constructor(scope: Construct, id: string, { name, region, announcesUploads, kmsKeyArn, verified }: ExistingBucketProps) {
    super(scope, id);
    const bucket = new DataAwsS3Bucket(this, 'Resource', { bucket: name, lifecycle: { postcondition: [isIn(region, name)] } });
    this.arn = bucket.arn;
    this.bucketName = bucket.id;
    this.kmsKeyArn = kmsKeyArn;
    // The S3 data sources expose neither versioning nor EventBridge.
    const configuration = new DataAwsCloudcontrolapiResource(this, 'configuration', {
      typeName: 'AWS::S3::Bucket',
      identifier: bucket.id,
      count: TerraformCount.of(Token.asNumber(`\${${verified} ? 1 : 0}`)),
      lifecycle: { postcondition: [isVersioned(name), ...(announcesUploads ? [sendsToEventBridge(name)] : [])] },
    });
    this.ready = [configuration];
  }

  /** Returns the statements that the bucket's policy needs where IAM alone does not suffice, such as in another account. Includes the TLS-only rule. */
  requiredPolicy(grants: readonly RoleGrant[]): PolicyStatement[] {
    const statements: PolicyStatement[] = [denyInsecureTransport('s3:*', [this.arn, `${this.arn}/*`])];
    for (const { roleArn, grant } of grants) {
      const allow: Grantee['allow'] = (statement) => {
        const isAboutTheBucket = [statement.Action].flat().every((action) => action.startsWith('s3:'));
        if (isAboutTheBucket) statements.push({ Effect: 'Allow', Principal: { AWS: roleArn }, ...statement });
      };
      grant({ allow });
    }
    return statements;
  }
}

/** Checks the bucket's domain name, because the attribute `region` changes its meaning in the provider's next major version. */
function isIn(region: string, name: string): Postcondition {
  return {
    condition: `\${strcontains(self.bucket_regional_domain_name, ".s3.${region}.")}`,
    errorMessage: `The bucket ${name} is not in this deployment's region (${region}): set \`region\` to the bucket's region.`,
  };
}

function isVersioned(name: string): Postcondition {
  return {
    condition: '${try(jsondecode(self.properties).VersioningConfiguration.Status, "Off") == "Enabled"}',
    errorMessage: `The bucket ${name} is not versioned, so an older photo could replace a newer one: enable versioning.`,
  };
}

function sendsToEventBridge(name: string): Postcondition {
  const bridge = 'jsondecode(self.properties).NotificationConfiguration.EventBridgeConfiguration';
  return {
    condition: `\${tostring(try(${bridge}.EventBridgeEnabled, can(${bridge}))) == "true"}`,
    errorMessage: `The bucket ${name} does not send its events to EventBridge: turn on EventBridge in its event notifications.`,
  };
}
