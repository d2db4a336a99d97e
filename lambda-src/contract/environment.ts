import * as z from 'zod/mini';
import {
  backgroundSchema,
  METADATA_FIELDS,
  manifestPrefix,
  metadataFields,
  type Recipe,
  renditionSchema,
  watermarkSchema,
} from './recipe.ts';

/** What the handler can publish: a message for each image with that status, or one report per invocation. */
export const PUBLICATIONS = ['processed', 'failed', 'report'] as const;

const text = z.string();
const list = z.pipe(
  text,
  z.transform((items: string) => items.split(',').filter((item) => item !== '')),
);
const json = z.pipe(
  text,
  z.transform((source: string, { issues }): unknown => {
    try {
      return JSON.parse(source);
    } catch {
      issues.push({ code: 'custom', message: 'must be JSON', input: source });
      return z.NEVER;
    }
  }),
);
const whole = z.coerce.number().check(z.int(), z.positive());
const flag = z.pipe(
  z.enum(['true', 'false']),
  z.transform((word) => word === 'true'),
);
const globs = z.pipe(json, z.array(text));
const filled = text.check(z.minLength(1));

/**
 * Settings of the memory allocator, which the process must start with. By default glibc keeps an arena per thread, which makes a process
 * with sharp's threads a third larger. One arena is as fast as two and stays smaller (docs/performance.md).
 */
export const ALLOCATOR = { MALLOC_ARENA_MAX: '1' } as const;

/** Where the function finds its watermark: Lambda unpacks layers there (https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html). */
export const WATERMARK_PATH = '/opt/watermark.png';

/** The function's environment variables, one field each. */
const environmentSchema = z.object({
  PRESET: filled,
  UPLOAD_BUCKET: filled,
  TRIGGER_PREFIX: text,
  TRIGGER_SUFFIXES: list,
  TRIGGER_INCLUDE: z.optional(globs),
  TRIGGER_EXCLUDE: z.optional(globs),
  OUTPUT_BUCKET: z.optional(filled),
  TABLE_NAME: filled,
  PARTITION_KEY: filled,
  TOPIC_ARN: filled,
  PUBLISH: z.pipe(list, z.array(z.enum(PUBLICATIONS))),
  RENDITIONS: z.pipe(json, z.array(renditionSchema)),
  BACKGROUND: backgroundSchema,
  MANIFEST_PREFIX: z.optional(filled),
  METADATA: z.optional(z.pipe(list, z.array(z.enum(METADATA_FIELDS)))),
  KEEP_COPYRIGHT: z.optional(flag),
  WATERMARK: z.optional(z.pipe(json, watermarkSchema)),
  MAX_BYTES: whole,
  MAX_PIXELS: whole,
  MAX_AVIF_PIXELS: whole,
  MAX_FRAMES: z.optional(whole),
  MAX_ANIMATION_PIXELS: z.optional(whole),
  HEIC: z.optional(flag),
  MAX_HEIC_PIXELS: z.optional(whole),
  LEASE_SECONDS: whole,
  DELETE_PROPAGATION: flag,
  TAG_FAILED: z.optional(flag),
  QUARANTINE_PREFIX: z.optional(filled),
});

/** Settings of the handler. `toEnvironment` writes them and `fromEnvironment` reads them back. */
export interface HandlerSettings {
  /** Name of the preset; an attribute of every notification. */
  readonly preset: string;
  /** Bucket of the originals. Events from other buckets are ignored. */
  readonly uploadBucket: string;
  /** Process only keys with this prefix; empty for all. */
  readonly triggerPrefix: string;
  /** Process only keys with one of these suffixes, in any letter case; empty for all. */
  readonly triggerSuffixes: readonly string[];
  /** Process only keys that match one of these globs; empty for all. */
  readonly triggerInclude: readonly string[];
  /** Process no key that matches one of these globs. */
  readonly triggerExclude: readonly string[];
  /** Bucket of the renditions; absent if there are none. */
  readonly outputBucket?: string | undefined;
  /** DynamoDB table of the ledger. */
  readonly tableName: string;
  /** Name of the table's hash key. */
  readonly partitionKey: string;
  /** SNS topic of the notifications. */
  readonly topicArn: string;
  /** Which notifications are published. */
  readonly publish: readonly (typeof PUBLICATIONS)[number][];
  /** The renditions to make of every upload. */
  readonly recipe: Recipe;
  /** Maximum size of an original, in bytes. */
  readonly maxBytes: number;
  /** Maximum size of an original, in pixels. */
  readonly maxPixels: number;
  /** Maximum size of an AVIF original, in pixels. Its decoder cannot work in strips and needs more memory. */
  readonly maxAvifPixels: number;
  /** Maximum frames of an animation; absent unless a rendition is animated. */
  readonly maxFrames?: number | undefined;
  /** Maximum pixels of all frames of an animation together; absent unless a rendition is animated. */
  readonly maxAnimationPixels?: number | undefined;
  /** Maximum size of a HEIC original, in pixels; absent if HEIC is not decoded. */
  readonly maxHeicPixels?: number | undefined;
  /** Duration of a claim's lease, in seconds; longer than the function's timeout. */
  readonly leaseSeconds: number;
  /** Whether deleting an original deletes its renditions. */
  readonly deletePropagation: boolean;
  /** Whether failed originals are tagged. */
  readonly tagFailed: boolean;
  /** Prefix, in the output bucket, of the copies of failed originals; absent if there are none. */
  readonly quarantinePrefix?: string | undefined;
}

/**
 * Handler settings at plan time. The box of a rendition may still be a Terraform expression, a string such as `${var.image_max_width}`, which
 * Terraform replaces inside the JSON of `RENDITIONS`.
 */
export type PlannedHandlerSettings = Omit<HandlerSettings, 'recipe'> & {
  readonly recipe: Omit<Recipe, 'renditions'> & {
    readonly renditions: readonly (Omit<z.infer<typeof renditionSchema>, 'width' | 'height'> & {
      readonly width: number | string;
      readonly height: number | string;
    })[];
  };
};

/** Converts settings to the function's environment variables. */
export function toEnvironment(settings: PlannedHandlerSettings): Record<string, string> {
  const manifests = manifestPrefix(settings.recipe);
  const metadata = metadataFields(settings.recipe);
  return {
    PRESET: settings.preset,
    UPLOAD_BUCKET: settings.uploadBucket,
    TRIGGER_PREFIX: settings.triggerPrefix,
    TRIGGER_SUFFIXES: settings.triggerSuffixes.join(','),
    ...(settings.triggerInclude.length === 0 ? {} : { TRIGGER_INCLUDE: JSON.stringify(settings.triggerInclude) }),
    ...(settings.triggerExclude.length === 0 ? {} : { TRIGGER_EXCLUDE: JSON.stringify(settings.triggerExclude) }),
    ...(settings.outputBucket === undefined ? {} : { OUTPUT_BUCKET: settings.outputBucket }),
    TABLE_NAME: settings.tableName,
    PARTITION_KEY: settings.partitionKey,
    TOPIC_ARN: settings.topicArn,
    PUBLISH: settings.publish.join(','),
    RENDITIONS: JSON.stringify(settings.recipe.renditions),
    BACKGROUND: settings.recipe.background,
    ...(manifests === undefined ? {} : { MANIFEST_PREFIX: manifests }),
    ...(metadata.length === 0 ? {} : { METADATA: metadata.join(',') }),
    ...(settings.recipe.keepCopyright ? { KEEP_COPYRIGHT: 'true' } : {}),
    ...(settings.recipe.watermark === undefined ? {} : { WATERMARK: JSON.stringify(settings.recipe.watermark) }),
    MAX_BYTES: String(settings.maxBytes),
    MAX_PIXELS: String(settings.maxPixels),
    MAX_AVIF_PIXELS: String(settings.maxAvifPixels),
    ...(settings.maxFrames === undefined ? {} : { MAX_FRAMES: String(settings.maxFrames) }),
    ...(settings.maxAnimationPixels === undefined ? {} : { MAX_ANIMATION_PIXELS: String(settings.maxAnimationPixels) }),
    ...(settings.maxHeicPixels === undefined ? {} : { HEIC: 'true', MAX_HEIC_PIXELS: String(settings.maxHeicPixels) }),
    LEASE_SECONDS: String(settings.leaseSeconds),
    DELETE_PROPAGATION: String(settings.deletePropagation),
    ...(settings.tagFailed ? { TAG_FAILED: 'true' } : {}),
    ...(settings.quarantinePrefix === undefined ? {} : { QUARANTINE_PREFIX: settings.quarantinePrefix }),
  };
}

/** Settings of the reconciler besides those of the handler. */
export interface ReconcilerSettings {
  /** Name of the function that processes uploads; also the dimension of the metrics. */
  readonly functionName: string;
  /** ARN of the function's alias that is asked to settle what a reconciliation finds; absent if it only counts. */
  readonly repairTarget?: string | undefined;
}

const reconcilerSchema = z.object({ PROCESSOR_FUNCTION: filled, REPAIR_TARGET: z.optional(filled) });

/** Converts settings of the reconciler to environment variables; it also needs those of `toEnvironment`. */
export function toReconcilerEnvironment({ functionName, repairTarget }: ReconcilerSettings): Record<string, string> {
  return { PROCESSOR_FUNCTION: functionName, ...(repairTarget === undefined ? {} : { REPAIR_TARGET: repairTarget }) };
}

/**
 * Reads the environment variables that only the reconciler has.
 * @throws {EnvironmentError} naming every variable that is missing or malformed
 */
export function reconcilerFromEnvironment(environment: Readonly<Record<string, string | undefined>>): ReconcilerSettings {
  const { PROCESSOR_FUNCTION, REPAIR_TARGET } = parsed(reconcilerSchema, environment);
  return { functionName: PROCESSOR_FUNCTION, repairTarget: REPAIR_TARGET };
}

/** The function cannot start because an environment variable is missing or malformed. */
export class EnvironmentError extends Error {
  readonly code = 'INVALID_ENVIRONMENT';
  override readonly name = 'EnvironmentError';
}

/**
 * Reads the function's environment variables.
 * @throws {EnvironmentError} naming every variable that is missing or malformed
 */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): HandlerSettings {
  const variables = parsed(environmentSchema, environment);
  if (variables.OUTPUT_BUCKET === undefined) {
    const needs = 'The environment variable OUTPUT_BUCKET is missing, but';
    if (variables.RENDITIONS.length > 0) throw new EnvironmentError(`${needs} RENDITIONS asks for renditions: set both or neither.`);
    if (variables.QUARANTINE_PREFIX !== undefined)
      throw new EnvironmentError(`${needs} QUARANTINE_PREFIX asks for copies: set both or neither.`);
  }
  if (variables.HEIC && variables.MAX_HEIC_PIXELS === undefined) {
    throw new EnvironmentError('The environment variable MAX_HEIC_PIXELS is missing, but HEIC is true: set both or neither.');
  }
  return {
    preset: variables.PRESET,
    uploadBucket: variables.UPLOAD_BUCKET,
    triggerPrefix: variables.TRIGGER_PREFIX,
    triggerSuffixes: variables.TRIGGER_SUFFIXES,
    triggerInclude: variables.TRIGGER_INCLUDE ?? [],
    triggerExclude: variables.TRIGGER_EXCLUDE ?? [],
    outputBucket: variables.OUTPUT_BUCKET,
    tableName: variables.TABLE_NAME,
    partitionKey: variables.PARTITION_KEY,
    topicArn: variables.TOPIC_ARN,
    publish: variables.PUBLISH,
    recipe: {
      renditions: variables.RENDITIONS,
      background: variables.BACKGROUND,
      watermark: variables.WATERMARK,
      ...(variables.MANIFEST_PREFIX === undefined ? {} : { manifest: true, manifestPrefix: variables.MANIFEST_PREFIX }),
      ...(variables.METADATA === undefined ? {} : { metadata: Object.fromEntries(variables.METADATA.map((field) => [field, true])) }),
      ...(variables.KEEP_COPYRIGHT ? { keepCopyright: true } : {}),
    },
    maxBytes: variables.MAX_BYTES,
    maxPixels: variables.MAX_PIXELS,
    maxAvifPixels: variables.MAX_AVIF_PIXELS,
    maxFrames: variables.MAX_FRAMES,
    maxAnimationPixels: variables.MAX_ANIMATION_PIXELS,
    maxHeicPixels: variables.HEIC ? variables.MAX_HEIC_PIXELS : undefined,
    leaseSeconds: variables.LEASE_SECONDS,
    deletePropagation: variables.DELETE_PROPAGATION,
    tagFailed: variables.TAG_FAILED ?? false,
    quarantinePrefix: variables.QUARANTINE_PREFIX,
  };
}

function parsed<Schema extends z.ZodMiniType>(schema: Schema, environment: Readonly<Record<string, string | undefined>>): z.output<Schema> {
  const result = schema.safeParse(environment);
  if (!result.success) throw new EnvironmentError(describeProblems(result.error, environment));
  return result.data;
}

function describeProblems(error: z.core.$ZodError, environment: Readonly<Record<string, string | undefined>>): string {
  const problems = error.issues.map((issue) => {
    const path = issue.path.map(String);
    const received = environment[path[0] ?? ''];
    if (received === undefined) return `${path[0]} is missing`;
    return `${path.join('.')} ${issue.message} (received ${JSON.stringify(received.slice(0, 200))})`;
  });
  return `The function's environment is invalid: ${problems.join('; ')}. Deploy the synthesized stack again; it sets all variables.`;
}
