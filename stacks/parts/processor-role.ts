import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Lazy } from 'cdktf';
import { Construct } from 'constructs';
import { type Grantee, type PolicyStatement, policyDocument } from './policy-document.ts';

export interface ProcessorRoleProps {
  readonly name: string;
  /** Begins and ends with `/`. */
  readonly path: string;
  /** ARN of a policy. Default: none. */
  readonly permissionsBoundary?: string | undefined;
}

/** The function's role, with one inline policy that holds only what the parts grant. */
export class ProcessorRole extends Construct implements Grantee {
  readonly arn: string;
  /** A resource that needs the role's permissions must depend on this. */
  readonly policy: IamRolePolicy;
  private readonly statements: PolicyStatement[] = [];

  constructor(scope: Construct, id: string, { name, path, permissionsBoundary }: ProcessorRoleProps) {
    super(scope, id);
    const role = new IamRole(this, 'Resource', {
      name,
      ...(path !== '/' && { path }),
      ...(permissionsBoundary !== undefined && { permissionsBoundary }),
      description: `Least privilege for the Lambda function ${name}`,
      assumeRolePolicy: policyDocument([
        { Sid: 'AssumedByLambda', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ]),
    });
    this.arn = role.arn;
    this.policy = new IamRolePolicy(this, 'policy', {
      name,
      role: role.name,
      policy: Lazy.stringValue({ produce: () => policyDocument(this.statements) }),
    });
  }

  allow(statement: Omit<PolicyStatement, 'Effect' | 'Principal'>): void {
    this.statements.push({ Effect: 'Allow', ...statement });
  }
}
