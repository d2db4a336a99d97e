import { describe, expect, test } from '@jest/globals';
import { PRESET_NAMES, PRESETS } from '../../config/presets.ts';
import { fillIn, parseSettings } from '../../config/settings.ts';

describe('the presets', () => {
  test.each(PRESET_NAMES.flatMap((preset) => ['dev', 'prod', 'a-sixteen-chars0'].map((suffix) => [preset, suffix] as const)))(
    '%s is valid as %s',
    (preset, environmentSuffix) => {
      expect(parseSettings({ ...PRESETS[preset](environmentSuffix), environmentSuffix }).preset).toBe(preset);
    },
  );

  test('share no names, so that all of them fit into one account and region', () => {
    const names = PRESET_NAMES.flatMap((preset) => {
      const settings = parseSettings(PRESETS[preset]('dev'));
      const { uploadBucket, outputBucket, table, notifications, dashboard } = settings;
      const templates = [uploadBucket.name, outputBucket?.name, settings.function.name, table.name, dashboard.name];
      return [...templates, notifications.topicName, notifications.alarmTopicName].flatMap((template, kind) =>
        // The two topics of a deployment share a namespace, and so do the two buckets.
        template === undefined ? [] : [`${[0, 0, 1, 2, 3, 4, 4][kind]} ${fillIn(template, settings, '').toLowerCase()}`],
      );
    });

    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
