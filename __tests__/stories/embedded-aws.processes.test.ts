import type { Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import dynalite from 'dynalite';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { makeClients, TIMEOUTS } from '../../lambda-src/adapters/aws-clients.ts';
import { makeSnsClient } from '../../lambda-src/adapters/sns-notifier.ts';
import { closeServer, listenOnLoopback } from '../../local/aws/loopback.ts';
import { runStory, scenarioOf } from '../explorer/story.ts';
import { World } from '../explorer/world.ts';
import { AwsStage, prepareAws, type StoryAws } from './aws-stage.ts';
import { STORIES } from './stories.ts';

/** The embedded S3 keeps no versions and knows no conditional writes; the others run against moto in e2e. */
const TOLD = STORIES.filter(({ scenario, needs }) => needs === undefined && scenario.mutations.every(({ kind }) => kind === 'put'));

let fauxqs: FauxqsServer;
let dynamo: Server;
let clients: StoryAws['clients'];
let aws: StoryAws;

beforeAll(async () => {
  fauxqs = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false, messageSpies: { bufferSize: 1000 } });
  dynamo = dynalite({ createTableMs: 0 });
  const url = `http://127.0.0.1:${fauxqs.port}`;
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_S3: url,
    AWS_ENDPOINT_URL_SNS: url,
    AWS_ENDPOINT_URL_DYNAMODB: await listenOnLoopback(dynamo),
  });
  clients = { ...makeClients(), sns: makeSnsClient(TIMEOUTS) };
  aws = await prepareAws(clients, false);
});

afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await fauxqs.stop();
  await closeServer(dynamo);
});

describe('Over the production adapters and the embedded AWS', () => {
  test.each(TOLD.map((story, index) => [story.name, story, `photo-${index}.jpg`] as const))('%s', async (_name, story, key) => {
    const scenario = scenarioOf(story);
    const { violations, end } = await runStory(story, new World(scenario, {}, new AwsStage(aws, key, scenario)));

    expect(violations).toEqual([]);
    if (story.end !== undefined) expect(end).toEqual(story.end);
    const sent = fauxqs.spy.getAllMessages().filter((message) => message.service === 'sns' && JSON.stringify(message).includes(key));
    expect(sent).toHaveLength(end.messages.length);
  });
});
