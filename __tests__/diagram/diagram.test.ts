import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES } from '../../config/presets.ts';
import { layoutOf, PADDING, type Placed, wrapped } from '../../diagram/layout.ts';
import { architectureOf, drawnPresets } from '../../diagram/read-architecture.ts';
import { StackJson, synthesizedPreset } from '../../diagram/stack-json.ts';
import { synthesize } from '../stacks/synthesized.ts';

const DRAWN = drawnPresets();

/** The JSON of photo-sharing with another text in one place. */
function changed(text: string, replacement: string): StackJson {
  return new StackJson(synthesize(deploymentOf('photo-sharing', 'dev', 'arm64')).with(text, replacement).text);
}

function overlap(one: Placed, other: Placed): boolean {
  return one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;
}

/** Of a line of 12 px in the widest font that a reader may have, in pixels. */
function widthOf(fact: string): number {
  return [...fact].reduce((sum, character) => sum + (/[iljftr1I.,:· ]/.test(character) ? 4.2 : 7.4), 0);
}

describe('The drawings of the architecture', () => {
  test.each([...DRAWN.keys()])('%s is what the stack is now; `npm run diagram` draws it again', (file) => {
    expect(readFileSync(file, 'utf8')).toBe(DRAWN.get(file));
  });

  test.each(PRESET_NAMES)('have a place for everything of %s: no box on another one, no text beyond its box', (preset) => {
    const { placed } = layoutOf(architectureOf(synthesizedPreset(preset)));

    for (const [index, one] of placed.entries()) {
      expect(placed.slice(index + 1).filter((other) => overlap(one, other))).toEqual([]);
      const tooLong = one.parts.flatMap(({ facts }) => facts).filter((fact) => widthOf(fact) > one.width - 2 * PADDING);
      expect(tooLong).toEqual([]);
    }
  });

  test('show what IAM allows, and no longer what it does not', () => {
    const publishes = (stack: StackJson) =>
      architectureOf(stack).arrows.some(({ kind, words }) => kind === 'may' && words.includes('Publish'));

    expect(publishes(synthesizedPreset('photo-sharing'))).toBe(true);
    expect(
      publishes(
        changed('\\"sns:Publish\\"],\\"Resource\\":[\\"${aws_sns_topic.notifications.arn}\\"]', '\\"sns:Get\\"],\\"Resource\\":[]'),
      ),
    ).toBe(false);
  });

  test('show the values that are deployed', () => {
    const facts = architectureOf(changed('"memory_size": 1024', '"memory_size": 1536')).boxes.flatMap(({ parts }) =>
      parts.flatMap((part) => part.facts),
    );

    expect(facts).toEqual(expect.arrayContaining(['1,536 MB · 60 s', 'reserved concurrency 100', 'inside 1024 × 768']));
  });

  test('are rejected if a resource has no box', () => {
    expect(() => architectureOf(changed('"aws_cloudwatch_log_group": {', '"aws_kinesis_stream": {'))).toThrow(
      'no box for aws_kinesis_stream.processor_log',
    );
  });

  test('break long names where they may be broken', () => {
    expect(wrapped('photo-uploads-photo-sharing-dev-{account}', 20)).toEqual(['photo-uploads-photo-', 'sharing-dev-', '{account}']);
  });
});
