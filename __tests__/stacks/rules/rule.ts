import { type Resource, type Statement, type Synthesized, statementsOf } from '../synthesized.ts';

type Attributes = Resource['attributes'];

/** What must hold in every deployment. */
export interface Rule {
  /** A sentence. */
  readonly name: string;
  /** What breaks it, by address. */
  readonly violations: (synthesized: Synthesized) => string[];
  /** Where the text below stands. Default: in photo-sharing as it is. */
  readonly brokenIn?: 'an account of its own';
  /** A text in the JSON of photo-sharing, and another one that breaks the rule in its place: the proof that the rule can fail. */
  readonly brokenBy: readonly [text: string, replacement: string];
}

/** The resources of a type: an error where there are none, as a rule about nothing proves nothing. Only buckets may exist already, and be none of ours. */
function resourcesOf(synthesized: Synthesized, type: string): Resource[] {
  const isOfBuckets = type.startsWith('aws_s3_bucket');
  return isOfBuckets && synthesized.document.data.aws_s3_bucket !== undefined ? synthesized.resources(type) : synthesized.some(type);
}

/** The resources of a type for which it does not hold; a type without resources is an error. */
export function where(type: string, isWrong: (attributes: Attributes, synthesized: Synthesized) => boolean): Rule['violations'] {
  return (synthesized) =>
    resourcesOf(synthesized, type)
      .filter(({ attributes }) => isWrong(attributes, synthesized))
      .map(({ address }) => address);
}

/** The resources of a type that do not look like this. */
export function unlike(type: string, part: object): Rule['violations'] {
  return where(type, (attributes) => !contains(attributes, part));
}

/** The resources of a type to which no resource of the other type refers by `reference` and is right. */
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

/** The statements of all policies that allow something and are wrong. */
export function permissionsWhere(isWrong: (statement: Statement) => boolean): Rule['violations'] {
  return (synthesized) =>
    POLICIES.flatMap((type) => resourcesOf(synthesized, type)).flatMap(({ address, attributes }) =>
      statementsOf(attributes.policy)
        .filter((statement) => statement.Effect === 'Allow' && isWrong(statement))
        .map(({ Sid }) => `${address} ${Sid}`),
    );
}

/** Whether a policy refuses these requests when they do not come over TLS. */
export function deniesInsecureTransport(action: string): (attributes: Attributes) => boolean {
  return ({ policy }) =>
    statementsOf(policy).some(
      (statement) =>
        statement.Action.includes(action) &&
        contains(statement, { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': ['false'] } } }),
    );
}

/** Whether a value has everything that the part has, at any depth. */
export function contains(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return value === part;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(part).every(([key, inner]) => contains(Reflect.get(value, key), inner));
}
