import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { explain, register } from '../../../cli/explain/command.ts';
import { tell, verdictOf } from '../../../cli/explain/tell.ts';
import { DeployedFunction } from '../../../cli/pipeline/deployed-function.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { FAILURES } from '../../../lambda-src/contract/outcome.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { run, TestDeployment } from '../pipeline/test-deployment.ts';

let deployment: TestDeployment;

beforeAll(async () => {
  deployment = await TestDeployment.start(deploymentOf('upload-processing', 'explain', 'x86_64'));
});

afterAll(() => deployment.close());

/** The words of the story, without colours. */
async function told(key: string) {
  const story = await explain(key, new DeployedFunction(deployment.functionName), Date.now() + 86_400_000);
  return { story, verdict: verdictOf(story), text: tell(story, (_, text) => text) };
}

describe('photos that the function worked on', () => {
  beforeAll(async () => {
    const runner = await deployment.startFunction();
    const photo = await makePhoto({ width: 320, height: 240 });
    await runner.deliver(await deployment.upload('uploads/Grüße aus Köln.jpg', photo));
    await runner.deliver(await deployment.upload('uploads/truncated.jpg', photo.subarray(0, photo.length / 2)));
  });

  test('one that was processed is in order, and the story says what stands where', async () => {
    const { code, stdout } = await run(register, 'explain', 'uploads/Grüße aus Köln.jpg', '--function', deployment.functionName);

    expect(code).toBe(0);
    expect(stdout).toContain('"uploads/Grüße aus Köln.jpg" in bucket image-upload-bucket-explain-000000000000');
    expect(stdout).toMatch(/^Trigger +takes it$/m);
    expect(stdout).toMatch(/^Original +\d+ kB, uploaded \d{4}-.* UTC \(\d+ seconds? ago\)$/m);
    expect(stdout).toMatch(/^Record +processed .* ago\); the message was sent$/m);
    expect(stdout).toMatch(/^Renditions +"processed\/uploads\/Grüße aus Köln.jpg" stands, made from that version$/m);
    expect(stdout).toMatch(/\n\nIt is processed, and the record is of what stands in the bucket.\n$/);
  });

  test('one that failed by its own fault is explained with its sentence and hint', async () => {
    const { text, verdict } = await told('uploads/truncated.jpg');

    expect(text).toMatch(/^ +Corrupt: .+$/m);
    expect(verdict.sentence).toContain(FAILURES.Corrupt.sentence);
    expect(verdict).toMatchObject({ attention: false, nextStep: FAILURES.Corrupt.hint });
  });

  test('one of which the rendition was deleted or written by something else needs attention', async () => {
    const { outputBucket } = deployment.aws.resources;
    await deployment.aws.clients.s3.send(
      new PutObjectCommand({ Bucket: outputBucket, Key: 'processed/uploads/Grüße aus Köln.jpg', Body: 'mine' }),
    );

    const { story, text } = await told('uploads/Grüße aus Köln.jpg');

    expect(story.state).toBe('renditions');
    expect(text).toContain('stands, but was not written by this pipeline');
  });

  test('a key as it is encoded in events leads to the one that was meant', async () => {
    const { verdict } = await told('uploads/Gr%C3%BC%C3%9Fe+aus+K%C3%B6ln.jpg');

    expect(verdict.sentence).toContain('"uploads/Grüße aus Köln.jpg" is there');
    expect(verdict.nextStep).toBe(`npm run pipeline -- explain 'uploads/Grüße aus Köln.jpg' --function ${deployment.functionName}`);
  });
});
