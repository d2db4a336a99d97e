import { parseSettings, SettingsError } from '../../config/settings.ts';

/** Only the settings without a default. */
export const MINIMAL = {
  preset: 'photos',
  imagesPerDay: 1,
  uploadBucket: { name: 'photos-{account}' },
  outputBucket: { name: 'small-photos-{account}' },
  trigger: {},
  recipe: { renditions: [{ name: 'small', prefix: 'small/', width: 100, height: 100 }] },
  function: { name: 'photos-{env}', memoryMb: 2048, logRetentionDays: 30 },
  table: { name: 'photos-{env}', partitionKey: 'ImageId' },
  notifications: { topicName: 'photos-{env}', alarmTopicName: 'photo-alarms-{env}', publish: ['failed'], mail: ['failed'] },
  alarms: { errors: { threshold: 5 }, throttles: { threshold: 5 } },
  dashboard: { name: 'photos-{env}', widgets: ['invocations'] },
};

/** Returns the minimal settings with some fields replaced, by path. */
export function settingsWith(changes: Record<string, unknown>): unknown {
  const settings: unknown = structuredClone(MINIMAL);
  for (const [path, value] of Object.entries(changes)) replace(settings, path.split('.'), value);
  return settings;
}

function replace(target: unknown, [step = '', ...rest]: string[], value: unknown): void {
  if (typeof target !== 'object' || target === null) throw new Error(`there is nothing to hold ${step}`);
  if (rest.length === 0) Reflect.set(target, step, value);
  else {
    if (Reflect.get(target, step) === undefined) Reflect.set(target, step, {});
    replace(Reflect.get(target, step), rest, value);
  }
}

/** Returns the error message for invalid settings, or none if they are valid. */
export function complaint(settings: unknown): string {
  try {
    parseSettings(settings);
    return '';
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
}
