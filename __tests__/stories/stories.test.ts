import { describe, expect, test } from '@jest/globals';
import { runStory } from '../explorer/story.ts';
import { STORIES } from './stories.ts';

describe('Over ports in memory', () => {
  test.each(STORIES.map((story) => [story.name, story] as const))('%s', async (_name, story) => {
    const { violations, end } = await runStory(story);

    expect(violations).toEqual([]);
    if (story.end !== undefined) expect(end).toEqual(story.end);
  });
});
