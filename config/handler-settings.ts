import type { HandlerSettings } from '../lambda-src/contract/environment.ts';
import type { SettingsFields } from './settings-shape.ts';

/** Names of the created resources, known at plan time on AWS and immediately in the local pipeline. */
export interface HandlerResources {
  readonly uploadBucket: string;
  readonly outputBucket: string | undefined;
  readonly tableName: string;
  readonly topicArn: string;
}

/** A lease outlasts the function's timeout by at least this, to allow for clock skew. */
export const LEASE_MARGIN_SECONDS = 30;

/** Returns how long a claim on an image lasts, in seconds. */
export function leaseSeconds({ leaseSeconds: chosen, timeoutSeconds }: SettingsFields['function']): number {
  return chosen ?? timeoutSeconds + LEASE_MARGIN_SECONDS;
}

/** Selects the settings that the function needs. */
export function handlerSettings(settings: SettingsFields, resources: HandlerResources): HandlerSettings {
  return {
    preset: settings.preset,
    uploadBucket: resources.uploadBucket,
    triggerPrefix: settings.trigger.prefix,
    triggerSuffixes: settings.trigger.suffixes,
    triggerInclude: settings.trigger.include,
    triggerExclude: settings.trigger.exclude,
    outputBucket: settings.recipe.renditions.length === 0 ? undefined : (resources.outputBucket ?? resources.uploadBucket),
    tableName: resources.tableName,
    partitionKey: settings.table.partitionKey,
    topicArn: resources.topicArn,
    publish: settings.notifications.publish,
    recipe: settings.recipe,
    ...settings.limits,
    leaseSeconds: leaseSeconds(settings.function),
    deletePropagation: settings.deletePropagation,
  };
}
