import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Testing } from 'cdktf';
import type { Construct } from 'constructs';
import { z } from 'zod';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES, PRESETS, type PresetName } from '../../config/presets.ts';
import { type ResponsiveSet, responsiveSet } from '../../config/responsive-set.ts';
import { type PipelineSettings, parseSettings, stackId } from '../../config/settings.ts';
import { ImagePipelineStack } from '../../stacks/image-pipeline-stack.ts';

const attributes = z.record(z.string(), z.unknown());
const byTypeAndLabel = z.record(z.string(), z.record(z.string(), attributes)).default({});

const documentSchema = z.object({
  terraform: attributes.default({}),
  provider: z.record(z.string(), z.array(attributes)).default({}),
  variable: z.record(z.string(), attributes).default({}),
  output: z.record(z.string(), z.object({ value: z.string(), description: z.string() })).default({}),
  data: byTypeAndLabel,
  resource: byTypeAndLabel,
});

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => (Array.isArray(value) ? value : [value]));

const statementSchema = z.strictObject({
  Sid: z.string(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([z.string(), z.record(z.string(), oneOrMore)]).optional(),
  Action: oneOrMore,
  Resource: oneOrMore.default([]),
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).default({}),
});
export type Statement = z.infer<typeof statementSchema>;

const lineOptions = z.record(z.string(), z.union([z.string(), z.boolean()]));

const widgetSchema = z.object({
  type: z.enum(['metric', 'log']),
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
  properties: z.object({
    title: z.string(),
    region: z.string(),
    period: z.number().optional(),
    /** Namespace, name, dimensions by name and value, options; or an expression. */
    metrics: z
      .array(z.union([z.tuple([z.string(), z.string()]).rest(z.union([z.string(), lineOptions])), z.tuple([lineOptions])]))
      .min(1)
      .optional(),
    query: z.string().optional(),
    view: z.string(),
  }),
});
export type Widget = z.infer<typeof widgetSchema>;

/** A resource as Terraform reads it. */
export interface Resource {
  /** Such as `aws_s3_bucket.uploads`. */
  readonly address: string;
  /** In snake_case, as written. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A synthesized stack with the queries that tests need. */
export class Synthesized {
  readonly text: string;
  readonly document: z.infer<typeof documentSchema>;

  constructor(text: string) {
    this.text = text;
    this.document = documentSchema.parse(JSON.parse(text));
  }

  /** Returns a copy with a text replaced. */
  with(text: string, replacement: string): Synthesized {
    if (!this.text.includes(text)) throw new Error(`the JSON does not hold ${text}`);
    return new Synthesized(this.text.replaceAll(text, replacement));
  }

  /** All resources. */
  all(): Resource[] {
    return Object.keys(this.document.resource).flatMap((type) => this.resources(type));
  }

  /** The resources of a type, possibly none. */
  resources(type: string): Resource[] {
    return Object.entries(this.document.resource[type] ?? {}).map(([label, values]) => ({
      address: `${type}.${label}`,
      attributes: values,
    }));
  }

  /** The resources of a type; finding none is an error, so that a rule cannot pass without checking anything. */
  some(type: string): Resource[] {
    const found = this.resources(type);
    if (found.length === 0) throw new Error(`there is no ${type}`);
    return found;
  }

  /** The attributes of the resource with this address, or of the only one of this type. */
  one(addressOrType: string): Resource['attributes'] {
    const found = this.all().filter(({ address }) => address === addressOrType || address.startsWith(`${addressOrType}.`));
    if (found.length !== 1 || found[0] === undefined) throw new Error(`there are ${found.length} of ${addressOrType}, not one`);
    return found[0].attributes;
  }

  /** Variables of the function that processes uploads. */
  environment(): Record<string, string> {
    return variablesOf(this.ofProcessor('aws_lambda_function'));
  }

  /** The widgets of the dashboard. */
  widgets(): Widget[] {
    const { dashboard_body } = z.object({ dashboard_body: z.string() }).parse(this.one('aws_cloudwatch_dashboard'));
    return z.object({ widgets: z.array(widgetSchema) }).parse(JSON.parse(dashboard_body)).widgets;
  }

  /** The permissions of the function that processes uploads. */
  roleStatements(): Statement[] {
    return statementsOf(this.ofProcessor('aws_iam_role_policy').policy);
  }

  /** The resource of this type that belongs to the function for uploads. */
  private ofProcessor(type: string): Resource['attributes'] {
    const found = this.resources(type).find(({ address }) => address.startsWith(`${type}.processor`));
    if (found === undefined) throw new Error(`the processor has no ${type}`);
    return found.attributes;
  }
}

/** The environment variables of a function. */
export function variablesOf({ environment }: Resource['attributes']): Record<string, string> {
  return z.object({ variables: z.record(z.string(), z.string()) }).parse(environment).variables;
}

/** The statements of a policy document. */
export function statementsOf(policy: unknown): Statement[] {
  return z.object({ Statement: z.array(statementSchema) }).parse(JSON.parse(z.string().parse(policy))).Statement;
}

/** Output folder of the apps, unused by these tests. One per worker, because an app fails if another creates it at the same time. */
const OUTDIR = join(tmpdir(), `image-pipeline-stack-tests-${process.env.JEST_WORKER_ID}`);

/** Synthesizes the stack of these settings, with cdktf's own validations. */
export function synthesize(settings: PipelineSettings): Synthesized {
  return new Synthesized(Testing.synth(new ImagePipelineStack(Testing.app({ outdir: OUTDIR }), stackId(settings), settings), true));
}

/** Synthesizes a single part. */
export function synthesizePart(build: (scope: Construct) => void): Synthesized {
  return new Synthesized(Testing.synthScope(build));
}

/** A deployment that the infrastructure rules are checked against. */
export interface Variant {
  readonly name: string;
  readonly settings: PipelineSettings;
}

/** Returns a preset for an account with its own rules, key and buckets. */
export function inOwnAccount(preset: PresetName, changes: object = {}): PipelineSettings {
  const { region } = deploymentOf(preset, 'dev', 'arm64');
  return parseSettings({
    ...PRESETS[preset]('dev'),
    account: {
      permissionsBoundaryArn: 'arn:aws:iam::{account}:policy/boundary',
      rolePath: '/service/',
      allowedAccountIds: ['123456789012'],
    },
    encryption: { kmsKeyArn: `arn:aws:kms:${region}:123456789012:key/photos`, admitsAlarms: true },
    uploadBucket: { existing: 'acme-photos' },
    ...(PRESETS[preset]('dev').outputBucket !== null && { outputBucket: { existing: 'acme-renditions' } }),
    ...changes,
  });
}

/** Returns a preset whose bucket, created by the stack, sends events to EventBridge. */
export function viaEventBridge(preset: PresetName, changes: object = {}): PipelineSettings {
  const input = PRESETS[preset]('dev');
  return parseSettings({ ...input, trigger: { ...input.trigger, source: 'eventbridge' }, ...changes });
}

/** Returns a preset with all options for operators. */
function withEveryOption(preset: PresetName): PipelineSettings {
  const input = PRESETS[preset]('dev');
  return parseSettings({
    ...input,
    tracing: true,
    combinedAlarm: true,
    deployment: { rollout: 'gradual' },
    dashboard: { ...input.dashboard, savedQueries: true },
  });
}

/** Returns a preset that tags and copies failed originals, to a separate bucket if the preset has no output bucket. */
export function markingFailures(preset: PresetName, changes: object = {}): PipelineSettings {
  const input = PRESETS[preset]('dev');
  const outputBucket = input.outputBucket ?? { name: 'image-quarantine-{env}-{account}' };
  return parseSettings({ ...input, outputBucket, failedOriginals: { tag: true, quarantinePrefix: 'quarantine/' }, ...changes });
}

/** Returns a preset whose photos batch jobs can process. */
export function withBatchJobs(preset: PresetName): PipelineSettings {
  return parseSettings({ ...PRESETS[preset]('dev'), batchJobs: true });
}

/** Returns a preset that is reconciled. */
export function withReconciliation(preset: PresetName, changes: object = {}): PipelineSettings {
  return parseSettings({ ...PRESETS[preset]('dev'), reconcile: { everyHours: 6, repair: true }, ...changes });
}

/** Returns photo-sharing with two responsive sets, of which one has every option. */
function withResponsiveSets(): PipelineSettings {
  const options: Partial<ResponsiveSet> = {
    ...{ position: 'focal', background: '#000000', sharpen: 0.5, cacheControl: 'public, max-age=31536000, immutable' },
    ...{ contentDisposition: 'inline; {filename}', storageClass: 'INTELLIGENT_TIERING', tags: { team: 'web' } },
  };
  const renditions = [
    ...responsiveSet({ name: 'card', widths: [320], aspectRatio: 1, ...options }),
    ...responsiveSet({ name: 'photo', widths: [320, 640, 1280], formats: ['webp', 'jpeg'] }),
  ];
  return parseSettings({ ...PRESETS['photo-sharing'](), recipe: { renditions } });
}

/** Every preset, as dev and as prod, for both CPUs, in an account with its own rules, and with batch jobs; and one with many rendition options. */
export const VARIANTS: readonly Variant[] = [
  { name: 'photo-sharing with responsive sets', settings: withResponsiveSets() },
  ...PRESET_NAMES.flatMap((preset) => [
    ...['dev', 'prod'].flatMap((environmentSuffix) =>
      ['arm64', 'x86_64'].map((architecture) => ({
        name: `${preset}-${environmentSuffix} on ${architecture}`,
        settings: deploymentOf(preset, environmentSuffix, architecture),
      })),
    ),
    { name: `${preset} in an account with rules of its own`, settings: inOwnAccount(preset) },
    { name: `${preset} by way of EventBridge`, settings: viaEventBridge(preset) },
    { name: `${preset} with all options for operators`, settings: withEveryOption(preset) },
    { name: `${preset} with failed originals tagged and in quarantine`, settings: markingFailures(preset) },
    { name: `${preset} with batch jobs`, settings: withBatchJobs(preset) },
    { name: `${preset} with reconciliation`, settings: withReconciliation(preset) },
    {
      name: `${preset} with reconciliation in an account with rules of its own`,
      settings: inOwnAccount(preset, { reconcile: { everyHours: 24 } }),
    },
    { name: `${preset} with batch jobs in an account with rules of its own`, settings: inOwnAccount(preset, { batchJobs: true }) },
  ]),
];
