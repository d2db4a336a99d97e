import type { z } from 'zod';
import { leaseSeconds, triggerSuffixes } from './handler-settings.ts';
import { isDisposable } from './names.ts';
import { CROSS_FIELD_RULES } from './settings-rules.ts';
import { settingsShape } from './settings-shape.ts';

export type { AlarmSettings } from './alarm-shape.ts';
export { LEASE_MARGIN_SECONDS } from './handler-settings.ts';
export { alarmAnchor, fillIn, LIVE_ALIAS, PHOTOS_NOT_PROCESSED, stackId } from './names.ts';
export { MAX_EVENT_AGE_SECONDS } from './settings-rules.ts';
export { WIDGETS, type WidgetName } from './settings-shape.ts';

/** The schema of one deployment: every setting and the rules that involve several. */
const pipelineSettingsSchema = settingsShape
  .superRefine((settings, context) => {
    for (const rule of CROSS_FIELD_RULES) {
      if (rule.broken(settings)) context.addIssue({ code: 'custom', path: rule.path, message: rule.message(settings) });
    }
  })
  .transform((settings) => {
    const disposable = isDisposable(settings.environmentSuffix);
    return {
      ...settings,
      // The only defaults that differ for disposable environments; a preset can set more.
      deletionProtection: settings.deletionProtection ?? !disposable,
      forceDestroy: settings.forceDestroy ?? disposable,
      combinedAlarm: settings.combinedAlarm ?? !disposable,
      dashboard: { ...settings.dashboard, savedQueries: settings.dashboard.savedQueries ?? !disposable },
      trigger: {
        ...settings.trigger,
        suffixes: triggerSuffixes(settings),
        source: settings.trigger.source ?? (settings.uploadBucket.existing === undefined ? 's3' : 'eventbridge'),
      },
      function: {
        ...settings.function,
        leaseSeconds: leaseSeconds(settings.function),
      },
    };
  });

/** Settings as presets and deployments write them; fields with a default can be omitted. */
export type PipelineSettingsInput = z.input<typeof pipelineSettingsSchema>;
/** Complete, validated settings of one deployment. */
export type PipelineSettings = z.output<typeof pipelineSettingsSchema>;

/** The alarms, by the name of their setting. */
export type AlarmName = keyof PipelineSettings['alarms'];
export const ALARM_NAMES: readonly AlarmName[] = settingsShape.shape.alarms.keyof().options;

/** Alarms that only a deployment with `reconcile` has. */
export const RECONCILIATION_ALARMS: readonly AlarmName[] = ['missingPhotos', 'stuckPhotos', 'reconciliationErrors'];

/** Thrown for settings that cannot be deployed. The message names every invalid field, its value and what is allowed. */
export class SettingsError extends Error {
  readonly code = 'INVALID_SETTINGS';
  override readonly name = 'SettingsError';
}

/**
 * Validates settings and fills in the defaults.
 * @throws {SettingsError} naming all invalid fields
 */
export function parseSettings(input: unknown): PipelineSettings {
  const parsed = pipelineSettingsSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `  \`${issue.path.join('.') || 'settings'}\` ${issue.message}${received(input, issue.path)}`,
  );
  throw new SettingsError(
    `These settings cannot be deployed:\n${problems.join('\n')}\nChange them in config/deployments.ts, config/presets.ts or the environment; docs/settings.md documents each.`,
  );
}

function received(input: unknown, path: readonly PropertyKey[]): string {
  const value = path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    input,
  );
  return value === undefined || typeof value === 'object' ? '' : ` (received ${JSON.stringify(value).slice(0, 120)})`;
}
