import { z } from 'zod';
import { SettingsError } from './settings.ts';

/** Where Terraform keeps the state of each stack. */
export type StateLocation =
  /** A file in the project's root. */
  | { readonly kind: 'local' }
  /** An HCP Terraform workspace with the stack's name. */
  | { readonly kind: 'hcp'; readonly organization: string }
  /** An object `{prefix}{stack}.tfstate` in a bucket, with a lock file beside it. Without a region, Terraform uses the caller's. */
  | { readonly kind: 's3'; readonly bucket: string; readonly region: string | undefined; readonly prefix: string };

const schema = z.object({
  TF_CLOUD_ORGANIZATION: z.string().optional(),
  TF_STATE_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of an S3 bucket')
    .optional(),
  TF_STATE_REGION: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region, such as us-east-1')
    .optional(),
  TF_STATE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9!_.'()-]+(\/[A-Za-z0-9!_.'()-]+)*\/?$/, 'must be path segments, such as "platform/images/"')
    .optional(),
});

/**
 * Reads the location of the state from the environment: `TF_CLOUD_ORGANIZATION` for HCP Terraform, or `TF_STATE_BUCKET` with
 * `TF_STATE_REGION` and `TF_STATE_PREFIX` for S3. Empty variables count as absent.
 * @throws {SettingsError} naming the variable that is invalid or contradicts another
 */
export function stateLocationFrom(environment: Readonly<Record<string, string | undefined>>): StateLocation {
  const given = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, environment[name] || undefined]));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      return `${name} ${message} (received ${JSON.stringify(given[name])}).`;
    });
    throw new SettingsError(problems.join('\n'));
  }
  const { TF_CLOUD_ORGANIZATION: organization, TF_STATE_BUCKET: bucket, TF_STATE_REGION: region, TF_STATE_PREFIX } = parsed.data;
  if (organization !== undefined && bucket !== undefined) {
    throw new SettingsError('TF_CLOUD_ORGANIZATION and TF_STATE_BUCKET are both set, but state can only be in one place: unset one.');
  }
  if (bucket === undefined && (region ?? TF_STATE_PREFIX) !== undefined) {
    throw new SettingsError('TF_STATE_REGION and TF_STATE_PREFIX belong to TF_STATE_BUCKET: set TF_STATE_BUCKET, too.');
  }
  if (organization !== undefined) return { kind: 'hcp', organization };
  if (bucket === undefined) return { kind: 'local' };
  return { kind: 's3', bucket, region, prefix: TF_STATE_PREFIX?.replace(/\/?$/, '/') ?? '' };
}
