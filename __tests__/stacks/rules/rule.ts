import { type Resource, type Statement, type Synthesized, statementsOf } from '../synthesized.ts';

type Attributes = Resource['attributes'];

/** A rule that every deployment must follow. */
export interface Rule {
  /** A sentence. */
  readonly name: string;
  /** Addresses of the resources that violate it. */
  readonly violations: (synthesized: Synthesized) => string[];
  /** Deployment that contains the text below. Default: unchanged photo-sharing. */
  readonly brokenIn?: 'an account with its own rules' | 'a deployment with batch jobs' | 'a deployment with reconciliation' | 'production';
  /** A text in the JSON of photo-sharing and a replacement that violates the rule, which proves that the rule can fail. */
  readonly brokenBy: readonly [text: string, replacement: string];
}

/** Returns the resources of a type. Finding none is an error, because then the rule would prove nothing; only buckets may all be existing ones. */
function resourcesOf(synthesized: Synthesized, type: string): Resource[] {
  const isOfBuckets = type.startsWith('aws_s3_bucket');
  return isOfBuckets && synthesized.document.data.aws_s3_bucket !== undefined ? synthesized.resources(type) : synthesized.some(type);
}

/** Finds the resources of a type that fail a check; a type without resources is an error. */
export function where(type: string, isWrong: (attributes: Attributes, synthesized: Synthesized) => boolean): Rule['violations'] {
  return (synthesized) =>
    resourcesOf(synthesized, type)
      .filter(({ attributes }) => isWrong(attributes, synthesized))
      .map(({ address }) => address);
}

/** Finds the resources of a type that lack these attributes. */
export function unlike(type: string, part: object): Rule['violations'] {
  return where(type, (attributes) => !contains(attributes, part));
}

/** Finds the resources of a type without a correct companion that refers to them by `reference`. */
export function without(
  type: string,
  { companion, reference, isRight }: { companion: string; reference: string; isRight: (attributes: Attributes) => boolean },
): Rule['violations'] {
  return (synthesized) => {
    const companions = synthesized.resources(companion).filter(({ attributes }) => isRight(attributes));
    return resourcesOf(synthesized, type)
      .map(({ address }) => address)
      .filter((address) => !companions.some(({ attributes }) => String(attributes[reference]).startsWith(`\${${address}.`)));
  };
}

const POLICIES = ['aws_s3_bucket_policy', 'aws_sns_topic_policy', 'aws_sqs_queue_policy', 'aws_iam_role_policy'];

/** Finds the Allow statements in all policies that fail a check. */
export function permissionsWhere(isWrong: (statement: Statement) => boolean): Rule['violations'] {
  return (synthesized) =>
    POLICIES.flatMap((type) => resourcesOf(synthesized, type)).flatMap(({ address, attributes }) =>
      statementsOf(attributes.policy)
        .filter((statement) => statement.Effect === 'Allow' && isWrong(statement))
        .map(({ Sid }) => `${address} ${Sid}`),
    );
}

/** Whether a policy denies these requests unless they use TLS. */
export function deniesInsecureTransport(action: string): (attributes: Attributes) => boolean {
  return ({ policy }) =>
    statementsOf(policy).some(
      (statement) =>
        statement.Action.includes(action) &&
        contains(statement, { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': ['false'] } } }),
    );
}

/** Whether a value contains the part, at any depth. */
export function contains(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return value === part;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(part).every(([key, inner]) => contains(Reflect.get(value, key), inner));
}
