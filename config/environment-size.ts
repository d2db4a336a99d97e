import { ALLOCATOR, toEnvironment } from '../lambda-src/contract/environment.ts';
import { handlerSettings } from './handler-settings.ts';
import { ANY_ACCOUNT, fillIn } from './names.ts';
import type { SettingsFields } from './settings-shape.ts';

/** Lambda's limit for all names and values together (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
export const MAX_ENVIRONMENT_BYTES = 4096;

/** The longest name that S3 allows, in place of one that is only known at plan time. */
const LONGEST_BUCKET_NAME = 'b'.repeat(63);

/** One variable of the function's environment. */
export interface VariableSize {
  readonly name: string;
  /** Size of the name and the value. */
  readonly bytes: number;
  /** Path of the setting that determines the value. */
  readonly setting: string;
}

/** The settings behind the variables whose values have no small upper limit. */
const SETTINGS: Readonly<Record<string, string>> = {
  RENDITIONS: 'recipe.renditions',
  MANIFEST_PREFIX: 'recipe.manifestPrefix',
  TRIGGER_PREFIX: 'trigger.prefix',
  TRIGGER_SUFFIXES: 'trigger.suffixes',
  TRIGGER_INCLUDE: 'trigger.include',
  TRIGGER_EXCLUDE: 'trigger.exclude',
  QUARANTINE_PREFIX: 'failedOriginals.quarantinePrefix',
  TABLE_NAME: 'table.name',
  TOPIC_ARN: 'notifications.topicName',
  UPLOAD_BUCKET: 'uploadBucket.name',
  OUTPUT_BUCKET: 'outputBucket.name',
  POWERTOOLS_SERVICE_NAME: 'function.name',
};

/** Returns the sizes of the function's variables with names filled in, largest first. Values only known at plan time count at their maximum length. */
export function environmentSizes(settings: SettingsFields): VariableSize[] {
  const named = (template: string): string => fillIn(template, settings, ANY_ACCOUNT);
  const bucketName = ({ name, nameVariable }: SettingsFields['uploadBucket']): string =>
    nameVariable === undefined ? named(name) : LONGEST_BUCKET_NAME;
  const { recipe } = settings;
  const handed = handlerSettings(
    { ...settings, recipe: { ...recipe, renditions: recipe.renditions.map((rendition) => ({ ...rendition, width: 4096, height: 4096 })) } },
    {
      uploadBucket: bucketName(settings.uploadBucket),
      outputBucket: settings.outputBucket === null ? undefined : bucketName(settings.outputBucket),
      tableName: named(settings.table.name),
      topicArn: `arn:aws:sns:${settings.region}:${ANY_ACCOUNT}:${named(settings.notifications.topicName)}`,
    },
  );
  const variables = {
    ...toEnvironment(handed),
    POWERTOOLS_SERVICE_NAME: named(settings.function.name),
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
    ...ALLOCATOR,
  };
  return Object.entries(variables)
    .map(([name, value]) => ({ name, bytes: Buffer.byteLength(name) + Buffer.byteLength(value), setting: SETTINGS[name] ?? 'function' }))
    .sort((a, b) => b.bytes - a.bytes);
}
