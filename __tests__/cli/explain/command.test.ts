import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { register } from '../../../cli/explain/command.ts';
import { explain } from '../../../cli/explain/explanation.ts';
import { explanationText } from '../../../cli/explain/report.ts';
import { verdictOf } from '../../../cli/explain/verdict.ts';
import { DeployedFunction } from '../../../cli/pipeline/deployed-function.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { type Recorded, run, TestDeployment } from '../pipeline/test-deployment.ts';

let deployment: TestDeployment;

const tomorrow = Date.now() + 86_400_000;

beforeAll(async () => {
  const settings = deploymentOf('upload-processing', 'explain', 'x86_64');
  deployment = await TestDeployment.start({ ...settings, failedOriginals: { tag: false, quarantinePrefix: 'quarantine/' } });
});

afterAll(() => deployment.close());

/** Explains a photo, without colours. */
async function explained(key: string, now = tomorrow) {
  const explanation = await explain(key, new DeployedFunction(deployment.functionName), now);
  return { explanation, verdict: verdictOf(explanation), text: explanationText(explanation, (_, text) => text) };
}

/** An upload with a record of its own. */
async function aPhoto(name: string, recorded?: Recorded): Promise<string> {
  const key = `uploads/${name}`;
  await deployment.upload(key);
  if (recorded !== undefined) await deployment.record(key, recorded);
  return key;
}

describe('photos with a problem', () => {
  test('without a record, the next step is a redrive, or a fix of this key', async () => {
    const key = await aPhoto("it's lost.jpg");
    const { explanation, verdict } = await explained(key);

    expect(explanation).toMatchObject({ state: 'missing', deadLetters: 0, eventsSent: true });
    expect(verdict.attention).toBe(true);
    expect(verdict.nextStep).toContain(`redrive --function ${deployment.functionName}`);
    expect(verdict.nextStep).toContain(`audit --function ${deployment.functionName} --prefix 'uploads/it'\\''s lost.jpg' --fix`);
  });

  test('uploaded moments ago, its event may still arrive', async () => {
    const key = await aPhoto('new.jpg');

    expect(await explained(key, Date.now())).toMatchObject({ explanation: { state: 'arriving' }, verdict: { attention: false } });
  });

  test('with a suffix in a spelling that S3 does not match, there was no event', async () => {
    const key = await aPhoto('photo.jPg');
    const { verdict, text } = await explained(key);

    expect(text).toContain('S3 sends no event for a suffix in this spelling');
    expect(verdict.nextStep).toMatch(/^npm run pipeline -- backfill/);
  });

  test.each(['photo.jpg', 'photo.JPG', 'photo.Jpg'])('S3 sends an event for %s', async (name) => {
    expect((await explained(`uploads/${name}`)).explanation.eventsSent).toBe(true);
  });

  test('claimed by an invocation whose lease has expired, it is abandoned', async () => {
    const key = await aPhoto('abandoned.jpg', {});
    const { explanation, text, verdict } = await explained(key);

    expect(explanation.state).toBe('abandoned');
    expect(text).toContain('claimed by invocation request-1; the claim expired 2026-03-04 12:00:00 UTC');
    expect(verdict.nextStep).toContain('redrive');
  });

  test('claimed by an invocation whose lease holds, it is in progress', async () => {
    const key = await aPhoto('in-progress.jpg', { leaseExpiresAt: tomorrow + 60_000 });
    const { verdict, text } = await explained(key);

    expect(verdict).toMatchObject({ attention: false, sentence: 'An invocation is working on it.' });
    expect(text).toContain('the claim holds until');
    expect(text).toContain('(in 60 seconds)');
  });

  test('recorded without its message, it is unannounced', async () => {
    const { verdict, text } = await explained(await aPhoto('unannounced.jpg', { effect: 'failed', announced: false }));

    expect(text).toContain('the message was not sent yet');
    expect(verdict).toMatchObject({ attention: true, nextStep: expect.stringContaining('redrive') });
  });

  test('in quarantine, its copy is named', async () => {
    const key = await aPhoto('bad.jpg', { effect: 'failed' });
    expect((await explained(key)).text).not.toContain('Quarantine');

    const { clients, resources } = deployment.aws;
    await clients.s3.send(new PutObjectCommand({ Bucket: resources.outputBucket, Key: `quarantine/${key}`, Body: 'bad' }));

    const { explanation, text } = await explained(key);
    expect(explanation.quarantined).toBe('quarantine/uploads/bad.jpg');
    expect(text).toContain('Quarantine    "quarantine/uploads/bad.jpg" is a copy of a version that failed');
  });

  test('recorded for another version than the current one', async () => {
    const key = await aPhoto('replaced.jpg', { effect: 'processed', event: { etag: 'another', versionId: 'v1' } });
    const { text, verdict } = await explained(key);

    expect(text).toContain('of another version: v1');
    expect(verdict.nextStep).toContain(`audit --function ${deployment.functionName} --prefix 'uploads/replaced.jpg' --fix`);
  });

  test('a key that does not match the trigger is ignored, with the reason', async () => {
    const { verdict, text } = await explained('elsewhere/photo.jpg');

    expect(text).toContain('does not match: the key does not begin with uploads/');
    expect(verdict.attention).toBe(false);
  });

  test('deleted, its renditions stay unless deletions are propagated; then they need attention', async () => {
    const key = await aPhoto('deleted.jpg', { effect: 'processed', event: { versionId: 'v1' } });
    await deployment.aws.clients.s3.send(new DeleteObjectCommand({ Bucket: deployment.aws.resources.uploadBucket, Key: key }));
    expect((await explained(key)).verdict).toEqual({
      sentence: 'The photo was deleted; its record ("processed") remains.',
      attention: false,
    });

    await deployment.aws.clients.s3.send(
      new PutObjectCommand({ Bucket: deployment.aws.resources.outputBucket, Key: `processed/${key}`, Body: 'rendition' }),
    );
    const { explanation, verdict, text } = await explained(key);
    expect(text).toContain('of version v1');
    expect(verdict).toEqual({ sentence: expect.stringContaining('its renditions stay'), attention: false });
    expect(verdictOf({ ...explanation, deletePropagation: true })).toMatchObject({
      attention: true,
      nextStep: expect.stringContaining('redrive'),
    });
  });

  test('an unknown key needs attention', async () => {
    expect(await explained('uploads/unknown.jpg')).toMatchObject({ explanation: { state: 'unknown' }, verdict: { attention: true } });
  });
});

test('control characters in a key do not reach the terminal', async () => {
  const { text } = await explained('uploads/\u001b[31mred\n.jpg');

  expect(text).toContain('"uploads/\\u001b[31mred\\u000a.jpg"');
});

test('--json prints the explanation, the verdict and the next step', async () => {
  const { code, stdout } = await run(register, 'explain', 'uploads/unknown.jpg', '--function', deployment.functionName, '--json');

  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ key: 'uploads/unknown.jpg', state: 'unknown', attention: true, nextStep: expect.any(String) });
});
