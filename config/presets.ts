import { isDisposable } from './names.ts';
import type { PipelineSettingsInput } from './settings.ts';

const PHOTO_SUFFIXES = ['.jpg', '.jpeg', '.png'];

/** Every dashboard shows these: how far behind the pipeline is, the outcomes of the photos, how long they took, and what they cost. */
const OPERATION_WIDGETS = ['backlog', 'outcomes', 'failureCodes', 'latency', 'cost'] as const;

/** A preset as a function of the environment suffix, so that values that differ by environment are next to the rest. */
type Preset = (environmentSuffix: string) => PipelineSettingsInput;

/** The four presets; docs/presets.md lists their requirements. */
export const PRESETS = {
  /** Photos are resized for a photo-sharing application; failures are mailed. */
  'photo-sharing': () => ({
    preset: 'photo-sharing',
    region: 'us-west-2',
    imagesPerDay: 4_000,
    uploadBucket: { name: 'photo-uploads-{stack}-{account}', lifecycle: { expireAfterDays: 365 } },
    outputBucket: { name: 'photo-processed-{stack}-{account}', lifecycle: { infrequentAccessAfterDays: 30, expireAfterDays: 365 } },
    trigger: { suffixes: PHOTO_SUFFIXES },
    recipe: { renditions: [{ name: 'resized', prefix: 'resized/', width: 1024, height: 768, quality: 90 }] },
    function: { name: 'ImageProcessor-{stack}', memoryMb: 1024, timeoutSeconds: 60, reservedConcurrency: 100, logRetentionDays: 30 },
    table: { name: 'ImageMetadata-{stack}', partitionKey: 'ImageId' },
    notifications: {
      topicName: 'ImageProcessingErrors-{stack}',
      alarmTopicName: 'ImageProcessingAlarms-{stack}',
      publish: ['failed'],
      mail: ['failed'],
    },
    alarms: { errors: { threshold: 10, evaluationPeriods: 2 }, throttles: { threshold: 5 } },
    dashboard: {
      name: 'ImageProcessing-{stack}',
      widgets: ['invocations', 'duration', 'images', 'concurrency', 'deadLetters', ...OPERATION_WIDGETS],
    },
  }),

  /** Every upload of a media company gets a thumbnail and a record in `ImageMetadata`. */
  'media-thumbnails': (environmentSuffix) => ({
    preset: 'media-thumbnails',
    imagesPerDay: 1_000,
    uploadBucket: { name: 'media-source-{env}-{account}', nameVariable: 'source_bucket_name' },
    outputBucket: { name: 'media-thumbnails-{env}-{account}', nameVariable: 'thumbnail_bucket_name' },
    trigger: {},
    recipe: { renditions: [{ name: 'thumbnail', prefix: 'thumbnails/', width: 256, height: 256, quality: 80 }] },
    function: {
      name: 'ThumbnailGenerator-{env}',
      memoryMb: 1024,
      timeoutSeconds: 60,
      logRetentionDays: isDisposable(environmentSuffix) ? 14 : 90,
    },
    // The preset requires this name without the environment, so a second environment needs another region, account or name.
    table: { name: 'ImageMetadata', partitionKey: 'ImageID' },
    notifications: { topicName: 'ThumbnailAlerts-{env}', alarmTopicName: 'ThumbnailAlarms-{env}', publish: ['failed'], mail: ['failed'] },
    alarms: { errors: { threshold: 5 }, throttles: { threshold: 5 } },
    dashboard: { name: 'MediaThumbnails-{env}', widgets: ['invocations', 'duration', 'images', 'deadLetters', ...OPERATION_WIDGETS] },
  }),

  /** Uploads under `uploads/` are resized and optimised; successes and failures are mailed. */
  'upload-processing': () => ({
    preset: 'upload-processing',
    region: 'us-east-1',
    imagesPerDay: 2_000,
    uploadBucket: { name: 'image-upload-bucket-{env}-{account}' },
    outputBucket: { name: 'processed-images-bucket-{env}-{account}' },
    trigger: { prefix: 'uploads/', suffixes: PHOTO_SUFFIXES },
    recipe: { renditions: [{ name: 'optimized', prefix: 'processed/', width: 1920, height: 1080, quality: 85 }] },
    limits: { maxPixels: 30_000_000, maxAvifPixels: 10_000_000 },
    function: { name: 'image-processor-{env}', memoryMb: 512, timeoutSeconds: 60, logRetentionDays: 7 },
    table: { name: 'image-processing-ledger-{env}', partitionKey: 'ImageId' },
    notifications: {
      topicName: 'image-processing-notifications-{env}',
      alarmTopicName: 'image-processing-alarms-{env}',
      publish: ['processed', 'failed'],
      mail: ['processed', 'failed'],
    },
    alarms: { errors: { threshold: 5 }, throttles: { threshold: 0 }, duration: { threshold: 45_000 } },
    dashboard: {
      name: 'image-processing-{env}',
      widgets: ['invocations', 'duration', 'objectCounts', 'topicDelivery', 'images', 'deadLetters', ...OPERATION_WIDGETS],
    },
  }),

  /** Uploads are checked and recorded but not rendered; a report is mailed. */
  'image-metadata': () => ({
    preset: 'image-metadata',
    imagesPerDay: 1_000,
    uploadBucket: { name: 'image-storage-bucket-{env}-{account}', tags: { Purpose: 'ImageStorage' } },
    outputBucket: null,
    trigger: { suffixes: PHOTO_SUFFIXES },
    limits: { maxPixels: 30_000_000, maxAvifPixels: 10_000_000 },
    function: { name: 'ImageProcessor-{env}', memoryMb: 512, timeoutSeconds: 60, logRetentionDays: 30 },
    table: { name: 'ImageMetadata-{env}', partitionKey: 'ImageId', uploadTimestampIndex: true, tags: { Purpose: 'ImageMetadata' } },
    notifications: {
      topicName: 'ImageProcessingNotifications-{env}',
      alarmTopicName: 'ImageProcessingAlarms-{env}',
      publish: ['report'],
      mail: ['processed', 'failed'],
    },
    alarms: { errors: { threshold: 5 }, throttles: { threshold: 1 }, tableWriteThrottles: { threshold: 5 } },
    dashboard: {
      name: 'ImageProcessing-{env}',
      widgets: ['invocations', 'duration', 'tableCapacity', 'objectCounts', 'images', 'deadLetters', ...OPERATION_WIDGETS],
    },
    tags: { Purpose: 'ImageProcessing' },
  }),
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** Whether a word names a preset. */
export function isPresetName(word: string): word is PresetName {
  return Object.hasOwn(PRESETS, word);
}
