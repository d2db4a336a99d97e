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
  /** Whether uploads to it are announced by EventBridge. */
  readonly announcesUploads: boolean;
  /** ARN of the KMS key that its objects are encrypted with. Default: S3's own keys. */
  readonly kmsKeyArn?: string | undefined;
  /** A Terraform expression: whether to look at the bucket's configuration before anything is planned. */
  readonly verified: string;
}

/**
 * A bucket that somebody else owns: it is read, and nothing about it is changed, neither now nor on destroy. A plan fails, with a message,
 * if it is in another region, keeps no versions, or does not tell EventBridge of uploads.
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
    // No data source of S3 itself tells of versioning or of EventBridge.
    const configuration = new DataAwsCloudcontrolapiResource(this, 'configuration', {
      typeName: 'AWS::S3::Bucket',
      identifier: bucket.id,
      count: TerraformCount.of(Token.asNumber(`\${${verified} ? 1 : 0}`)),
      lifecycle: { postcondition: [keepsVersions(name), ...(announcesUploads ? [tellsEventBridge(name)] : [])] },
    });
    this.ready = [configuration];
  }

  /** What the policy of the bucket has to say where IAM alone does not decide, such as in another account; it holds the project's rule about TLS. */
  requiredPolicy(roleArn: string, grant: (grantee: Grantee) => void): PolicyStatement[] {
    const statements: PolicyStatement[] = [denyInsecureTransport('s3:*', [this.arn, `${this.arn}/*`])];
    const allow: Grantee['allow'] = (statement) => {
      const isAboutTheBucket = [statement.Action].flat().every((action) => action.startsWith('s3:'));
      if (isAboutTheBucket) statements.push({ Effect: 'Allow', Principal: { AWS: roleArn }, ...statement });
    };
    grant({ allow });
    return statements;
  }
}

/** By the bucket's domain name: the attribute `region` means something else in the provider's next major version. */
function isIn(region: string, name: string): Postcondition {
  return {
    condition: `\${strcontains(self.bucket_regional_domain_name, ".s3.${region}.")}`,
    errorMessage: `The bucket ${name} is in another region than this deployment (${region}): set \`region\` to that of the bucket.`,
  };
}

function keepsVersions(name: string): Postcondition {
  return {
    condition: '${try(jsondecode(self.properties).VersioningConfiguration.Status, "Off") == "Enabled"}',
    errorMessage: `The bucket ${name} keeps no versions, and without them an older photo could replace a newer one: enable its versioning.`,
  };
}

function tellsEventBridge(name: string): Postcondition {
  const bridge = 'jsondecode(self.properties).NotificationConfiguration.EventBridgeConfiguration';
  return {
    condition: `\${tostring(try(${bridge}.EventBridgeEnabled, can(${bridge}))) == "true"}`,
    errorMessage: `The bucket ${name} does not send its events to EventBridge: switch EventBridge on in its event notifications.`,
  };
}
