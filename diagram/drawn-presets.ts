import { PRESET_NAMES } from '../config/presets.ts';
import { drawing } from './drawing.ts';
import { architectureOf } from './read-architecture.ts';
import { synthesizedPreset } from './stack-json.ts';

/** The drawing of every preset, by file. */
export function drawnPresets(): Map<string, string> {
  return new Map(
    PRESET_NAMES.map((preset) => [`docs/architecture/${preset}.svg`, drawing(preset, architectureOf(synthesizedPreset(preset)))]),
  );
}
