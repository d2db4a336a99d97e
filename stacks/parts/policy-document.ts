/** One statement of an IAM policy, with IAM's field names (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html). */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  /** In resource policies only. */
  readonly Principal?: '*' | { readonly Service: string } | { readonly AWS: string };
  readonly Action: string | readonly string[];
  /** Absent in the trust policy of a role only. */
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Something that can be granted permissions, by the `grant…` methods of the parts. */
export interface Grantee {
  allow(statement: Omit<PolicyStatement, 'Effect' | 'Principal'>): void;
}

/** Returns a policy as the JSON text that AWS expects. */
export function policyDocument(statements: readonly PolicyStatement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

/** Returns a statement that denies every request not sent over TLS. */
export function denyInsecureTransport(action: string, resources: readonly string[]): PolicyStatement {
  return {
    Sid: 'DenyInsecureTransport',
    Effect: 'Deny',
    Principal: '*',
    Action: action,
    Resource: resources,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}
