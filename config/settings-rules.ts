import { canMatchUnder } from '../lambda-src/contract/key-glob.ts';
import { imagesInFlight, megabytesNeeded } from '../lambda-src/contract/memory.ts';
import { outputPrefixes } from '../lambda-src/contract/recipe.ts';
import { BATCH_JOBS, batchRoleName } from './batch-jobs.ts';
import { environmentSizes, MAX_ENVIRONMENT_BYTES } from './environment-size.ts';
import { hasOutputs, LEASE_MARGIN_SECONDS } from './handler-settings.ts';
import { ANY_ACCOUNT, fillIn } from './names.ts';
import { RECIPE_RULES } from './recipe-rules.ts';
import { type SettingsFields, settingsShape } from './settings-shape.ts';

/**
 * How long an event can wait while the function is throttled: six hours, Lambda's maximum
 * (https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html).
 */
export const MAX_EVENT_AGE_SECONDS = 6 * 3600;

/** A rule that involves several fields. The message follows the path of the field and names the other field in backticks. */
export interface Rule {
  readonly path: (string | number)[];
  readonly broken: (settings: SettingsFields) => boolean;
  readonly message: (settings: SettingsFields) => string;
}

const overlaps = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);

const QUARANTINE_RULES: readonly Rule[] = [
  {
    path: ['failedOriginals', 'quarantinePrefix'],
    broken: ({ outputBucket, failedOriginals: { quarantinePrefix }, trigger }) =>
      quarantinePrefix !== undefined && outputBucket === null && overlaps(quarantinePrefix, trigger.prefix),
    message: ({ trigger }) =>
      `overlaps \`trigger.prefix\` (${JSON.stringify(trigger.prefix)}) in the same bucket, so every copy would trigger the function again; set \`outputBucket\` or use prefixes that do not overlap`,
  },
  {
    path: ['failedOriginals', 'quarantinePrefix'],
    broken: ({ failedOriginals: { quarantinePrefix }, recipe }) =>
      quarantinePrefix !== undefined && outputPrefixes(recipe).some((prefix) => overlaps(quarantinePrefix, prefix)),
    message: () =>
      'overlaps the prefix of one of `recipe.renditions` or of the manifests, so a copy could replace what is stored there; use another prefix',
  },
];

const BUCKET_RULES: readonly Rule[] = [
  {
    path: ['trigger', 'source'],
    broken: ({ trigger, uploadBucket }) => trigger.source === 's3' && uploadBucket.existing !== undefined,
    message: () =>
      'must be "eventbridge" for an existing `uploadBucket`: an S3 notification would replace all notifications that the bucket has',
  },
  {
    path: ['outputBucket'],
    broken: ({ outputBucket, uploadBucket }) => outputBucket?.name === uploadBucket.name,
    message: () => 'must not have the same name as `uploadBucket`; use null to store renditions in the upload bucket',
  },
  {
    path: ['outputBucket'],
    broken: (settings) => settings.outputBucket !== null && !hasOutputs(settings),
    message: () => 'must be null when `recipe.renditions` is empty',
  },
  {
    path: ['outputBucket', 'nameVariable'],
    broken: ({ outputBucket, uploadBucket }) =>
      uploadBucket.nameVariable !== undefined && outputBucket?.nameVariable === uploadBucket.nameVariable,
    message: () => 'must not equal `uploadBucket.nameVariable`, or both buckets would get the same name',
  },
  ...(['uploadBucket', 'outputBucket'] as const).map(
    (bucket): Rule => ({
      path: [bucket, 'lifecycle', 'infrequentAccessAfterDays'],
      broken: (settings) => {
        const { infrequentAccessAfterDays = 0, expireAfterDays = Number.POSITIVE_INFINITY } = settings[bucket]?.lifecycle ?? {};
        return infrequentAccessAfterDays >= expireAfterDays;
      },
      message: () => `must be below \`${bucket}.lifecycle.expireAfterDays\``,
    }),
  ),
];

function neededMegabytes({ function: { memoryMb }, heic, limits, recipe }: SettingsFields): number {
  return megabytesNeeded(memoryMb, { limits, heic, ...recipe });
}

function environmentBytes(settings: SettingsFields): number {
  return environmentSizes(settings).reduce((sum, { bytes }) => sum + bytes, 0);
}

function isElsewhere(kmsKeyArn: string | undefined, region: string): boolean {
  return kmsKeyArn !== undefined && kmsKeyArn.split(':')[3] !== region;
}

const ENCRYPTION_RULES: readonly Rule[] = [
  {
    path: ['encryption', 'kmsKeyArn'],
    broken: ({ encryption, region }) => isElsewhere(encryption?.kmsKeyArn, region),
    message: ({ region }) => `is not in \`region\` (${region}), and services can only use keys of their own region`,
  },
  ...(['uploadBucket', 'outputBucket'] as const).map(
    (bucket): Rule => ({
      path: [bucket, 'kmsKeyArn'],
      broken: (settings) => isElsewhere(settings[bucket]?.kmsKeyArn, settings.region),
      message: ({ region }) => `is not in \`region\` (${region}), and services can only use keys of their own region`,
    }),
  ),
];

const FUNCTION_RULES: readonly Rule[] = [
  {
    path: ['trigger', 'suffixes'],
    broken: ({ trigger }) => trigger.suffixes.some((a, i) => trigger.suffixes.some((b, j) => i !== j && a.endsWith(b))),
    message: () => 'must not end with one another, because S3 rejects overlapping filters',
  },
  ...(['include', 'exclude'] as const).map(
    (list): Rule => ({
      path: ['trigger', list],
      broken: ({ trigger }) => trigger[list].some((glob) => !canMatchUnder(glob, trigger.prefix)),
      message: ({ trigger }) => {
        const useless = trigger[list].filter((glob) => !canMatchUnder(glob, trigger.prefix));
        return `has globs that match no key under \`trigger.prefix\` (${JSON.stringify(trigger.prefix)}): ${useless.join(', ')}; globs match whole keys, so begin them with the prefix or with "**/"`;
      },
    }),
  ),
  {
    path: ['trigger', 'exclude'],
    broken: ({ trigger }) => trigger.exclude.includes('**'),
    message: () => 'must not have "**", which would exclude every key',
  },
  {
    path: ['function', 'leaseSeconds'],
    broken: ({ function: { leaseSeconds, timeoutSeconds } }) =>
      leaseSeconds !== undefined && leaseSeconds < timeoutSeconds + LEASE_MARGIN_SECONDS,
    message: ({ function: { timeoutSeconds } }) =>
      `must be at least \`function.timeoutSeconds\` (${timeoutSeconds}) plus ${LEASE_MARGIN_SECONDS} seconds, so that a claim outlasts its invocation`,
  },
  {
    path: ['function', 'memoryMb'],
    broken: (settings) => neededMegabytes(settings) > settings.function.memoryMb,
    message: (settings) =>
      `is too small for \`limits\` (${settings.limits.maxPixels} pixels, ${settings.limits.maxAvifPixels} of an AVIF${settings.heic ? `, ${settings.limits.maxHeicPixels} of a HEIC` : ''}) and \`recipe.renditions\`: with ` +
      `${imagesInFlight(settings.function.memoryMb)} in flight, such images take up to ${neededMegabytes(settings)} MB; raise the memory or lower the limits`,
  },
  {
    path: ['function'],
    broken: (settings) => environmentBytes(settings) > MAX_ENVIRONMENT_BYTES,
    message: (settings) => {
      const [first, second] = environmentSizes(settings).map(({ name, bytes, setting }) => `${name} (${bytes}, from \`${setting}\`)`);
      return (
        `would have ${environmentBytes(settings)} bytes of environment variables, and Lambda allows ${MAX_ENVIRONMENT_BYTES}: ` +
        `shorten the longest, ${first} and ${second}`
      );
    },
  },
  {
    path: ['limits', 'maxHeicPixels'],
    broken: ({ heic, limits }) => heic && limits.maxHeicPixels > limits.maxPixels,
    message: ({ limits }) => `must not be above \`limits.maxPixels\` (${limits.maxPixels})`,
  },
  {
    path: ['limits', 'maxAvifPixels'],
    broken: ({ limits }) => limits.maxAvifPixels > limits.maxPixels,
    message: ({ limits }) => `must not be above \`limits.maxPixels\` (${limits.maxPixels})`,
  },
];

const NOTIFICATION_RULES: readonly Rule[] = [
  {
    path: ['notifications', 'publish'],
    broken: ({ notifications }) => notifications.publish.includes('report') && notifications.publish.length > 1,
    message: () => 'must be either ["report"] or a list of "processed" and "failed"',
  },
  {
    path: ['notifications', 'mail'],
    broken: ({ notifications: { mail, publish } }) => !publish.includes('report') && mail.some((status) => !publish.includes(status)),
    message: ({ notifications: { publish } }) => `names a status that \`notifications.publish\` (${publish.join(', ')}) does not publish`,
  },
  {
    path: ['notifications', 'alarmTopicName'],
    broken: ({ notifications: { alarmTopicName, topicName } }) => alarmTopicName === topicName,
    message: () => 'must not equal `notifications.topicName`, because the filter and encryption of that topic would block alarms',
  },
];

const ALARM_RULES: readonly Rule[] = [
  {
    path: ['alarms', 'duration', 'threshold'],
    broken: ({ alarms, function: { timeoutSeconds } }) =>
      alarms.duration !== undefined && alarms.duration.threshold >= timeoutSeconds * 1000,
    message: ({ function: { timeoutSeconds } }) =>
      `must be below \`function.timeoutSeconds\` (${timeoutSeconds * 1000} milliseconds), or the alarm can never go off`,
  },
  {
    path: ['alarms', 'eventAge', 'threshold'],
    broken: ({ alarms }) => alarms.eventAge.threshold >= MAX_EVENT_AGE_SECONDS * 1000,
    message: () =>
      `must be below the ${MAX_EVENT_AGE_SECONDS * 1000} milliseconds after which Lambda gives up on an event, or the alarm can never go off`,
  },
  ...settingsShape.shape.alarms.keyof().options.map(
    (alarm): Rule => ({
      path: ['alarms', alarm, 'evaluationPeriods'],
      broken: ({ alarms }) => (alarms[alarm]?.periodSeconds ?? 0) * (alarms[alarm]?.evaluationPeriods ?? 0) > 86_400,
      message: () => `times \`alarms.${alarm}.periodSeconds\` must not exceed a day (86400 seconds), which is the limit of CloudWatch`,
    }),
  ),
];

/** Maximum length of each name with its placeholders filled in. */
const NAME_LIMITS: readonly {
  path: [string, ...string[]];
  name: (settings: SettingsFields) => string | undefined;
  most: number;
  of: string;
}[] = [
  { path: ['uploadBucket', 'name'], name: ({ uploadBucket }) => uploadBucket.name, most: 63, of: 'a bucket name' },
  { path: ['outputBucket', 'name'], name: ({ outputBucket }) => outputBucket?.name, most: 63, of: 'a bucket name' },
  { path: ['function', 'name'], name: (settings) => settings.function.name, most: 64, of: 'a function name' },
  {
    path: ['function', 'name'],
    name: ({ reconcile, function: { name } }) => (reconcile === undefined ? undefined : `${name}-reconciler`),
    most: 64,
    of: 'a function name once `reconcile` adds its ending',
  },
  { path: ['table', 'name'], name: ({ table }) => table.name, most: 255, of: 'a table name' },
  { path: ['notifications', 'topicName'], name: ({ notifications }) => notifications.topicName, most: 256, of: 'a topic name' },
  { path: ['notifications', 'alarmTopicName'], name: ({ notifications }) => notifications.alarmTopicName, most: 256, of: 'a topic name' },
  {
    path: ['batchJobs'],
    name: ({ batchJobs }) => (batchJobs ? BATCH_JOBS.bucketName : undefined),
    most: 63,
    of: 'a bucket name with the name of its bucket',
  },
  {
    path: ['function', 'name'],
    name: ({ batchJobs, function: { name } }) => (batchJobs ? batchRoleName(name) : undefined),
    most: 64,
    of: 'a role name once `batchJobs` adds its ending',
  },
  { path: ['dashboard', 'name'], name: ({ dashboard }) => dashboard.name, most: 255, of: 'a dashboard name' },
];

const NAME_RULES: readonly Rule[] = NAME_LIMITS.map(({ path, name, most, of }) => ({
  path,
  broken: (settings) => fillIn(name(settings) ?? '', settings, ANY_ACCOUNT).length > most,
  message: (settings) => `is longer than the ${most} characters of ${of}: ${fillIn(name(settings) ?? '', settings, '{account}')}`,
}));

/** The rules that involve several fields. */
export const CROSS_FIELD_RULES: readonly Rule[] = [
  ...RECIPE_RULES,
  ...QUARANTINE_RULES,
  ...BUCKET_RULES,
  ...ENCRYPTION_RULES,
  ...FUNCTION_RULES,
  ...NOTIFICATION_RULES,
  ...ALARM_RULES,
  ...NAME_RULES,
];
