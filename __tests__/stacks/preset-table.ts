import { describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../config/deployments.ts';
import type { PresetName } from '../../config/presets.ts';
import type { PipelineSettings } from '../../config/settings.ts';
import { type Synthesized, synthesize } from './synthesized.ts';

/*
 * The requirements of the four presets (docs/presets.md), one test per cell: each row of the table is a `describe`, each column a preset.
 * The values are read from the synthesized JSON, so that errors in presets and in parts both show.
 */

export const SYSTEMS = [
  'photo-sharing',
  'media-thumbnails',
  'upload-processing',
  'image-metadata',
] as const satisfies readonly PresetName[];

export interface Deployed {
  readonly settings: PipelineSettings;
  readonly stack: Synthesized;
}

export const deployed = new Map<PresetName, Deployed>(
  SYSTEMS.map((preset) => {
    const settings = deploymentOf(preset, 'dev', 'arm64');
    return [preset, { settings, stack: synthesize(settings) }];
  }),
);

type Cells = Record<(typeof SYSTEMS)[number], readonly [asked: string, value: unknown]>;

/** One row: how to read its value, and for each preset the requirement and the expected value. */
export function row(title: string, read: (deployed: Required<Deployed>) => unknown, cells: Cells): void {
  describe(title, () => {
    test.each(SYSTEMS.map((preset) => ({ preset, asked: cells[preset][0] })))('$preset: $asked', ({ preset }) => {
      const one = deployed.get(preset);
      expect(one && read(one)).toEqual(cells[preset][1]);
    });
  });
}
