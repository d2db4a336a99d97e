import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runStory, scenarioOf } from '../explorer/story.ts';
import { World } from '../explorer/world.ts';
import { AwsStage, prepareAws, type StoryAws } from '../stories/aws-stage.ts';
import { STORIES } from '../stories/stories.ts';
import { type EmulatedAws, startEmulatedAws } from './emulated-aws.ts';

let emulated: EmulatedAws;
let aws: StoryAws;

beforeAll(async () => {
  emulated = await startEmulatedAws('us-east-1');
  aws = await prepareAws(emulated.clients, true);
}, 60_000);

afterAll(() => emulated.close());

describe('Over the production adapters and an emulated AWS with versions and conditional writes', () => {
  test.each(STORIES.map((story, index) => [story.name, story, `photo-${index}.jpg`] as const))('%s', async (_name, story, key) => {
    const scenario = scenarioOf(story);
    const { violations, end } = await runStory(story, new World(scenario, {}, new AwsStage(aws, key, scenario)));

    expect(violations).toEqual([]);
    if (story.end !== undefined) expect(end).toEqual(story.end);
  });
});
