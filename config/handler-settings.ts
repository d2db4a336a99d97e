import type { HandlerSettings } from '../lambda-src/contract/environment.ts';
import type { PipelineSettings } from './settings.ts';

/** The names of what was created, known at plan time on AWS and at once on one machine. */
export interface HandlerResources {
  readonly uploadBucket: string;
  readonly outputBucket: string | undefined;
  readonly tableName: string;
  readonly topicArn: string;
}

/** What of the settings the function needs to know. */
export function handlerSettings(settings: PipelineSettings, resources: HandlerResources): HandlerSettings {
  return {
    preset: settings.preset,
    uploadBucket: resources.uploadBucket,
    triggerPrefix: settings.trigger.prefix,
    triggerSuffixes: settings.trigger.suffixes,
    outputBucket: settings.recipe.renditions.length === 0 ? undefined : (resources.outputBucket ?? resources.uploadBucket),
    tableName: resources.tableName,
    partitionKey: settings.table.partitionKey,
    topicArn: resources.topicArn,
    publish: settings.notifications.publish,
    recipe: settings.recipe,
    ...settings.limits,
    leaseSeconds: settings.function.leaseSeconds,
    deletePropagation: settings.deletePropagation,
  };
}
