import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { explain, register } from '../../../cli/explain/command.ts';
import { tell, verdictOf } from '../../../cli/explain/tell.ts';
import { DeployedFunction } from '../../../cli/pipeline/deployed-function.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { type Recorded, run, TestDeployment } from '../pipeline/test-deployment.ts';

let deployment: TestDeployment;

const tomorrow = Date.now() + 86_400_000;

beforeAll(async () => {
  deployment = await TestDeployment.start(deploymentOf('upload-processing', 'explain', 'x86_64'));
});

afterAll(() => deployment.close());

/** The words of the story, without colours. */
async function told(key: string, now = tomorrow) {
  const story = await explain(key, new DeployedFunction(deployment.functionName), now);
  return { story, verdict: verdictOf(story), text: tell(story, (_, text) => text) };
}

/** An upload with a record of its own. */
async function aPhoto(name: string, recorded?: Recorded): Promise<string> {
  const key = `uploads/${name}`;
  await deployment.upload(key);
  if (recorded !== undefined) await deployment.record(key, recorded);
  return key;
}

describe('photos that something is off with', () => {
  test('without a record, the next step is redrive or a backfill of this very key', async () => {
    const key = await aPhoto("it's lost.jpg");
    const { story, verdict } = await told(key);

    expect(story).toMatchObject({ state: 'missing', deadLetters: 0, eventsSent: true });
    expect(verdict.attention).toBe(true);
    expect(verdict.nextStep).toContain(`redrive --function ${deployment.functionName}`);
    expect(verdict.nextStep).toContain(`backfill --function ${deployment.functionName} --prefix 'uploads/it'\\''s lost.jpg' --apply`);
  });

  test('uploaded moments ago, its event may still be on its way', async () => {
    const key = await aPhoto('new.jpg');

    expect(await told(key, Date.now())).toMatchObject({ story: { state: 'arriving' }, verdict: { attention: false } });
  });

  test('with an ending that S3 does not know, the function was never told', async () => {
    const key = await aPhoto('photo.jPg');
    const { verdict, text } = await told(key);

    expect(text).toContain('S3 sends no event for an ending spelled like this');
    expect(verdict.nextStep).toMatch(/^npm run pipeline -- backfill/);
  });

  test.each(['photo.jpg', 'photo.JPG', 'photo.Jpg'])('S3 sends an event for %s', async (name) => {
    expect((await told(`uploads/${name}`)).story.eventsSent).toBe(true);
  });

  test('claimed by an invocation whose lease ran out, it is abandoned', async () => {
    const key = await aPhoto('abandoned.jpg', {});
    const { story, text, verdict } = await told(key);

    expect(story.state).toBe('abandoned');
    expect(text).toContain('claimed by invocation request-1; the claim ran out 2026-03-04 12:00:00 UTC');
    expect(verdict.nextStep).toContain('redrive');
  });

  test('claimed by an invocation whose lease holds, it is in progress', async () => {
    const key = await aPhoto('in-progress.jpg', { leaseExpiresAt: tomorrow + 60_000 });
    const { verdict, text } = await told(key);

    expect(verdict).toMatchObject({ attention: false, sentence: 'An invocation is working on it.' });
    expect(text).toContain('the claim holds until');
    expect(text).toContain('(in 60 seconds)');
  });

  test('recorded but not announced, the message is owed', async () => {
    const { verdict, text } = await told(await aPhoto('unannounced.jpg', { effect: 'failed', announced: false }));

    expect(text).toContain('the message is still owed');
    expect(verdict).toMatchObject({ attention: true, nextStep: expect.stringContaining('redrive') });
  });

  test('recorded for another version than stands there', async () => {
    const key = await aPhoto('replaced.jpg', { effect: 'processed', event: { etag: 'another', versionId: 'v1' } });
    const { text, verdict } = await told(key);

    expect(text).toContain('of another version: v1');
    expect(verdict.nextStep).toContain(`backfill --function ${deployment.functionName} --prefix 'uploads/replaced.jpg' --apply`);
  });

  test('a key that the trigger does not take is told why', async () => {
    const { verdict, text } = await told('elsewhere/photo.jpg');

    expect(text).toContain('does not take it: the key does not begin with uploads/');
    expect(verdict.attention).toBe(false);
  });

  test('deleted, its renditions stay where deletions are not propagated, and are reported where they are', async () => {
    const key = await aPhoto('deleted.jpg', { effect: 'processed', event: { versionId: 'v1' } });
    await deployment.aws.clients.s3.send(new DeleteObjectCommand({ Bucket: deployment.aws.resources.uploadBucket, Key: key }));
    expect((await told(key)).verdict).toEqual({ sentence: 'The photo was deleted; its record ("processed") remains.', attention: false });

    await deployment.aws.clients.s3.send(
      new PutObjectCommand({ Bucket: deployment.aws.resources.outputBucket, Key: `processed/${key}`, Body: 'rendition' }),
    );
    const { story, verdict, text } = await told(key);
    expect(text).toContain('of version v1');
    expect(verdict).toEqual({ sentence: expect.stringContaining('its renditions stay'), attention: false });
    expect(verdictOf({ ...story, deletePropagation: true })).toMatchObject({
      attention: true,
      nextStep: expect.stringContaining('redrive'),
    });
  });

  test('a key that nobody knows is told so', async () => {
    expect(await told('uploads/nobody.jpg')).toMatchObject({ story: { state: 'unknown' }, verdict: { attention: true } });
  });
});

test('what a key may hold cannot steer a terminal', async () => {
  const { text } = await told('uploads/\u001b[31mred\n.jpg');

  expect(text).toContain('"uploads/\\u001b[31mred\\u000a.jpg"');
});

test('--json prints the story, the verdict and the next step', async () => {
  const { code, stdout } = await run(register, 'explain', 'uploads/nobody.jpg', '--function', deployment.functionName, '--json');

  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ key: 'uploads/nobody.jpg', state: 'unknown', attention: true, nextStep: expect.any(String) });
});
