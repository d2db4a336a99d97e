import { type HandlerSettings, WATERMARK_PATH } from '../lambda-src/contract/environment.ts';
import type { SettingsFields } from './settings-shape.ts';
import { watermarkDigest } from './watermark.ts';

/** Names of the created resources, known at plan time on AWS and immediately in the local pipeline. */
export interface HandlerResources {
  readonly uploadBucket: string;
  readonly outputBucket: string | undefined;
  readonly tableName: string;
  readonly topicArn: string;
  /** Where the function finds the watermark. Default: where the layer puts it. */
  readonly watermarkFile?: string | undefined;
}

/** A lease outlasts the function's timeout by at least this, to allow for clock skew. */
export const LEASE_MARGIN_SECONDS = 30;

/** Returns how long a claim on an image lasts, in seconds. */
export function leaseSeconds({ leaseSeconds: chosen, timeoutSeconds }: SettingsFields['function']): number {
  return chosen ?? timeoutSeconds + LEASE_MARGIN_SECONDS;
}

/** Endings of HEIC photos; iPhones write `.HEIC`. */
const HEIC_SUFFIXES = ['.heic', '.heif'];

/** Returns the suffixes of the trigger with those of HEIC photos, if HEIC is decoded. No suffixes match every key. */
export function triggerSuffixes({ heic, trigger: { suffixes } }: SettingsFields): string[] {
  return heic && suffixes.length > 0 ? [...new Set([...suffixes, ...HEIC_SUFFIXES])] : suffixes;
}

/** Returns whether the function writes objects: renditions or copies of failed originals. */
export function hasOutputs({ recipe, failedOriginals }: Pick<SettingsFields, 'recipe' | 'failedOriginals'>): boolean {
  return recipe.renditions.length > 0 || failedOriginals.quarantinePrefix !== undefined;
}

/** Selects the settings that the function needs. */
export function handlerSettings(settings: SettingsFields, resources: HandlerResources): HandlerSettings {
  return {
    preset: settings.preset,
    uploadBucket: resources.uploadBucket,
    triggerPrefix: settings.trigger.prefix,
    triggerSuffixes: triggerSuffixes(settings),
    triggerInclude: settings.trigger.include,
    triggerExclude: settings.trigger.exclude,
    outputBucket: hasOutputs(settings) ? (resources.outputBucket ?? resources.uploadBucket) : undefined,
    tableName: resources.tableName,
    partitionKey: settings.table.partitionKey,
    topicArn: resources.topicArn,
    publish: settings.notifications.publish,
    recipe: handedRecipe(settings.recipe, resources.watermarkFile ?? WATERMARK_PATH),
    ...handedLimits(settings),
    maxHeicPixels: settings.heic ? settings.limits.maxHeicPixels : undefined,
    leaseSeconds: leaseSeconds(settings.function),
    deletePropagation: settings.deletePropagation,
    tagFailed: settings.failedOriginals.tag,
    quarantinePrefix: settings.failedOriginals.quarantinePrefix,
  };
}

function handedRecipe({ watermark, ...recipe }: SettingsFields['recipe'], file: string): HandlerSettings['recipe'] {
  return watermark === undefined ? recipe : { ...recipe, watermark: { ...watermark, file, digest: watermarkDigest(watermark.file) } };
}

function handedLimits({ limits: { maxFrames, maxAnimationPixels, ...limits }, recipe }: SettingsFields) {
  return recipe.renditions.some(({ animated }) => animated) ? { ...limits, maxFrames, maxAnimationPixels } : limits;
}
