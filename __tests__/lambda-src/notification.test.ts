import { readFileSync } from 'node:fs';
import { CreateTopicCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import { MESSAGE_JSON_SCHEMA } from '../../docs/message-schema.ts';
import { makeSnsClient, SnsNotifier } from '../../lambda-src/adapters/sns-notifier.ts';
import { messageSchema } from '../../lambda-src/contract/message.ts';
import { ImageFailure } from '../../lambda-src/contract/outcome.ts';
import { imageNotification, reportNotification } from '../../lambda-src/notification.ts';
import type { Effect, Notification } from '../../lambda-src/ports.ts';
import { MemoryPipeline } from '../in-memory/pipeline.ts';
import { DESCRIBED, FAILED, PROCESSED } from './upload-event.ts';

/** SNS's limit for all bodies together (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html). */
const MAX_BYTES = 262_144;

/** Publishes what the function of a preset publishes for the two uploads of docs/messages.md, a photo and a damaged one. */
async function publishedBy(preset: PresetName): Promise<Notification[]> {
  const { recipe, notifications } = deploymentOf(preset, 'dev', 'arm64');
  const { publish } = notifications;
  const pipeline = new MemoryPipeline({ preset, publish, recipe, maxBytes: 10_000_000 }, (own) => ({
    concurrency: 1,
    render: async (bytes) => {
      own.now += 800;
      if (bytes.length === 48_213) throw new ImageFailure('Corrupt', 'the file ends before the image is complete');
      return {
        facts: { width: 4032, height: 3024, format: 'jpeg', thumbHash: '1QcSHQRnh493V4dIh4eXh1h4kJUI' },
        renditions: recipe.renditions.map((rendition) => ({
          ...{ rendition, body: Buffer.alloc(214_502), format: 'jpeg' as const, contentType: 'image/jpeg', width: 1440, height: 1080 },
        })),
      };
    },
  }));
  const photo = pipeline.upload('uploads/beach.jpg', 'x'.repeat(2_345_678));
  await pipeline.invoke([photo, pipeline.upload('uploads/cut.jpg', 'x'.repeat(48_213))]);
  return pipeline.published;
}

/** Returns a message as its receiver parses it. */
function received({ body }: Notification): unknown {
  return JSON.parse(JSON.stringify(body));
}

describe('The messages for queues, functions and HTTPS endpoints', () => {
  test.each(PRESET_NAMES)('of %s satisfy the schema, which has all their fields', async (preset) => {
    const messages = (await publishedBy(preset)).map(received);

    expect(messages).not.toEqual([]);
    expect(messages.map((message) => messageSchema.parse(message))).toEqual(messages);
  });

  test('are those of docs/messages.md', async () => {
    const examples = [...readFileSync('docs/messages.md', 'utf8').matchAll(/^```json\n(.*?)^```$/gms)].map(([, json = '']) =>
      JSON.parse(json),
    );
    const messages = [...(await publishedBy('upload-processing')), ...(await publishedBy('image-metadata'))];

    expect(examples).toEqual(messages.map(received));
  });

  test('have the JSON Schema of docs/message.schema.json (npm run message-schema)', () => {
    expect(JSON.parse(readFileSync('docs/message.schema.json', 'utf8'))).toEqual(MESSAGE_JSON_SCHEMA);
  });

  test('say what the settings ask for about the original, and satisfy the schema', async () => {
    const { body, message } = imageNotification(DESCRIBED, 'photo-sharing');

    expect(messageSchema.parse(JSON.parse(JSON.stringify(body)))).toMatchObject({ metadata: DESCRIBED.metadata });
    expect(message).toContain(
      'Taken: 2026-03-04T05:06:07+01:00\nCamera: "Acme One"\nCopyright: "(c) Zoe"\nCaption: "A beach"\nPosition: 51.477778, -0.0005',
    );
    expect(imageNotification(PROCESSED, 'photo-sharing').body).not.toHaveProperty('metadata');
  });

  test('keep the version of the original when a retry sends a message that is still owed', async () => {
    let isDown = true;
    const pipeline = new MemoryPipeline({}, (own) => ({
      notifier: {
        publish: async (notification) => {
          if (isDown) throw new Error('SNS is down');
          own.published.push(notification);
        },
      },
    }));
    const event = pipeline.upload('a.jpg', 'cat');
    await expect(pipeline.invoke([event], 'request')).rejects.toThrow();
    isDown = false;
    await pipeline.invoke([event], 'request');

    expect(pipeline.published.map(({ body }) => body)).toMatchObject([{ type: 'image', key: 'a.jpg', versionId: 'v1' }]);
  });
});

describe('SnsNotifier', () => {
  let sns: FauxqsServer;
  let client: ReturnType<typeof makeSnsClient>;
  let notifier: SnsNotifier;

  beforeAll(async () => {
    sns = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false, messageSpies: true });
    Object.assign(process.env, {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_SNS: `http://127.0.0.1:${sns.port}`,
    });
    client = makeSnsClient({ connectionTimeout: 10_000, socketTimeout: 10_000 });
    notifier = new SnsNotifier(client, (await client.send(new CreateTopicCommand({ Name: 'images' }))).TopicArn ?? '');
  });

  afterAll(async () => {
    client.destroy();
    await sns.stop();
  });

  /** Publishes and returns the bodies as sent. */
  async function sent(notification: Notification): Promise<{ text: string; bodies: { default: string; email: string } }> {
    sns.spy.clear();
    await notifier.publish(notification);
    const [message] = sns.spy.getAllMessages();
    const text = message?.service === 'sns' ? message.body : '';
    return { text, bodies: JSON.parse(text) };
  }

  test('sends text by email and JSON by every other protocol', async () => {
    const notification = imageNotification(PROCESSED, 'test');
    const { bodies } = await sent(notification);

    expect(Object.keys(bodies)).toEqual(['default', 'email']);
    expect(bodies.email).toBe(notification.message);
    expect(messageSchema.parse(JSON.parse(bodies.default))).toEqual(received(notification));
  });

  // A control character has one byte in the key and seven in the message: \\u0007.
  const key = '\u0007'.repeat(1_000);
  const rendition = { name: 'r', key: `small/${key}`, width: 1, height: 1, format: 'jpeg', bytes: 1 } as const;
  const processed: Effect = { ...PROCESSED, key, renditions: Array.from({ length: 10 }, () => rendition) };
  const failed: Effect = { ...FAILED, key };

  test('stays within 256 KB for an image with ten renditions and the longest hostile key', async () => {
    const { text } = await sent(imageNotification(processed, 'test'));

    expect(Buffer.byteLength(text)).toBeLessThan(MAX_BYTES);
  });

  test('stays within 256 KB for a report about many hostile keys, and counts the images that it omits', async () => {
    const effects = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? failed : processed));
    const { text, bodies } = await sent(reportNotification(effects, 'test'));
    const report = messageSchema.parse(JSON.parse(bodies.default));
    if (report.type !== 'report') throw new Error('not a report');

    expect(Buffer.byteLength(text)).toBeLessThan(MAX_BYTES);
    expect(report).toMatchObject({ processed: 100, failed: 100 });
    expect(report.images.length).toBeGreaterThan(0);
    expect(report.images.length + report.omitted).toBe(200);
    const [, more] = /^and (\d+) more$/m.exec(bodies.email) ?? [];
    expect(bodies.email.match(/^(failed|processed) "/gm)?.length).toBe(200 - Number(more));
  });
});
