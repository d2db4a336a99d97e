import { z } from 'zod';

/**
 * Names can contain `{stack}` (stack id, such as photo-sharing-dev), `{env}` (environment suffix), `{region}` and `{account}` (the AWS
 * account, known at plan time).
 */
export const nameTemplate = z
  .string()
  .min(3)
  .max(120)
  .regex(
    /^([A-Za-z0-9_-]|\{(stack|env|region|account)\})+$/,
    'may contain only letters, digits, "-", "_" and the placeholders {stack}, {env}, {region}, {account}',
  );

/** No dots: S3 allows them, but its TLS certificates do not cover them. */
export const bucketNameTemplate = nameTemplate.regex(
  /^([a-z0-9]|\{[a-z]+\})([a-z0-9-]|\{[a-z]+\})*([a-z0-9]|\{[a-z]+\})$/,
  'must be lower-case letters, digits, inner hyphens and placeholders, as in S3 bucket names',
);

/** The name of an existing bucket. It can contain placeholders and dots. */
export const existingBucketName = z
  .string()
  .regex(
    /^([a-z0-9]|\{[a-z]+\})([a-z0-9.-]|\{(stack|env|region|account)\})*([a-z0-9]|\{[a-z]+\})$/,
    'must be the name of an S3 bucket, which may contain the placeholders {stack}, {env}, {region}, {account}',
  );

/** What identifies a deployment. */
export interface Deployment {
  readonly preset: string;
  readonly environmentSuffix: string;
}

/** Environment suffixes of deployments that can be destroyed with all their data; all others are protected. `-*` matches any ending. */
const DISPOSABLE = ['dev', 'test', 'ci', 'pr-*', 'preview-*'] as const;

/** Whether a deployment is disposable, by the suffix of its environment (docs/decisions/protected-unless-disposable.md). */
export function isDisposable(environmentSuffix: string): boolean {
  return DISPOSABLE.some((suffix) =>
    suffix.endsWith('*') ? environmentSuffix.startsWith(suffix.slice(0, -1)) : environmentSuffix === suffix,
  );
}

/** The id of the stack: also the HCP Terraform workspace and the value of `{stack}` in names. */
export function stackId(deployment: Deployment): string {
  return `${deployment.preset}-${deployment.environmentSuffix}`;
}

/** A placeholder account, where only the length matters. */
export const ANY_ACCOUNT = '0'.repeat(12);

/** Fills in the placeholders of a name. `account` can be a Terraform expression. */
export function fillIn(template: string, deployment: Deployment & { readonly region: string }, account: string): string {
  return template
    .replaceAll('{stack}', stackId(deployment))
    .replaceAll('{env}', deployment.environmentSuffix)
    .replaceAll('{region}', deployment.region)
    .replaceAll('{account}', account);
}

/** The function's alias that receives every event; it points to the version that is in use. */
export const LIVE_ALIAS = 'live';

/** The end of the combined alarm's name, and its anchor in docs/runbook.md. */
export const PHOTOS_NOT_PROCESSED = 'photos-are-not-being-processed';

/** Returns the end of an alarm's name, which is also the anchor of its entry in docs/runbook.md: `dead-letter-depth` for `deadLetterDepth`. */
export function alarmAnchor(alarm: string): string {
  return alarm.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
