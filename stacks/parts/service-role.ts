import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Lazy } from 'cdktf';
import { Construct } from 'constructs';
import { type Grantee, type PolicyStatement, policyDocument } from './policy-document.ts';

export interface ServiceRoleProps {
  readonly name: string;
  readonly description: string;
  /** The service that assumes the role. With `accountId`, only for resources of this account: otherwise one in a foreign account could name the role. */
  readonly assumedBy: { readonly Sid: string; readonly service: string; readonly accountId?: string };
  /** Begins and ends with `/`. */
  readonly path: string;
  /** ARN of a policy. Default: none. */
  readonly permissionsBoundary?: string | undefined;
}

/** The role of an AWS service, with one inline policy that holds only what the parts grant. */
export class ServiceRole extends Construct implements Grantee {
  readonly arn: string;
  /** A resource that needs the role's permissions must depend on this. */
  readonly policy: IamRolePolicy;
  private readonly statements: PolicyStatement[] = [];

  constructor(scope: Construct, id: string, { name, description, assumedBy, path, permissionsBoundary }: ServiceRoleProps) {
    super(scope, id);
    const { Sid, service, accountId } = assumedBy;
    const Condition = accountId !== undefined && { StringEquals: { 'aws:SourceAccount': accountId } };
    const role = new IamRole(this, 'Resource', {
      name,
      ...(path !== '/' && { path }),
      ...(permissionsBoundary !== undefined && { permissionsBoundary }),
      description,
      assumeRolePolicy: policyDocument([
        { Sid, Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole', ...(Condition && { Condition }) },
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
