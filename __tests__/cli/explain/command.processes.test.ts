import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { register } from '../../../cli/explain/command.ts';
import { explain } from '../../../cli/explain/explanation.ts';
import { explanationText } from '../../../cli/explain/report.ts';
import { verdictOf } from '../../../cli/explain/verdict.ts';
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

/** Explains a photo, without colours. */
async function explained(key: string) {
  const explanation = await explain(key, new DeployedFunction(deployment.functionName), Date.now() + 86_400_000);
  return { explanation, verdict: verdictOf(explanation), text: explanationText(explanation, (_, text) => text) };
}

describe('photos that the function processed', () => {
  beforeAll(async () => {
    const runner = await deployment.startFunction();
    const photo = await makePhoto({ width: 320, height: 240 });
    await runner.deliver(await deployment.upload('uploads/Grüße aus Köln.jpg', photo));
    await runner.deliver(await deployment.upload('uploads/truncated.jpg', photo.subarray(0, photo.length / 2)));
  });

  test('a processed photo is in order, and the text describes its object, record and renditions', async () => {
    const { code, stdout } = await run(register, 'explain', 'uploads/Grüße aus Köln.jpg', '--function', deployment.functionName);

    expect(code).toBe(0);
    expect(stdout).toContain('"uploads/Grüße aus Köln.jpg" in bucket image-upload-bucket-explain-000000000000');
    expect(stdout).toMatch(/^Trigger +matches$/m);
    expect(stdout).toMatch(/^Original +\d+ kB, uploaded \d{4}-.* UTC \(\d+ seconds? ago\)$/m);
    expect(stdout).toMatch(/^Record +processed .* ago\); the message was sent$/m);
    expect(stdout).toMatch(/^Renditions +"processed\/uploads\/Grüße aus Köln.jpg" exists, made from this version$/m);
    expect(stdout).toMatch(/\n\nIt is processed, and the record describes the current version\.\n$/);
  });

  test('a bad photo is explained with the sentence and the hint of its failure code', async () => {
    const { text, verdict } = await explained('uploads/truncated.jpg');

    expect(text).toMatch(/^ +Corrupt: .+$/m);
    expect(verdict.sentence).toContain(FAILURES.Corrupt.sentence);
    expect(verdict).toMatchObject({ attention: false, nextStep: FAILURES.Corrupt.hint });
  });

  test('a photo whose rendition something else wrote needs attention', async () => {
    const { outputBucket } = deployment.aws.resources;
    await deployment.aws.clients.s3.send(
      new PutObjectCommand({ Bucket: outputBucket, Key: 'processed/uploads/Grüße aus Köln.jpg', Body: 'mine' }),
    );

    const { explanation, text } = await explained('uploads/Grüße aus Köln.jpg');

    expect(explanation.state).toBe('renditions');
    expect(text).toContain('exists, but was not written by this pipeline');
  });

  test('a key that is encoded as in events leads to the decoded one', async () => {
    const { verdict } = await explained('uploads/Gr%C3%BC%C3%9Fe+aus+K%C3%B6ln.jpg');

    expect(verdict.sentence).toContain('"uploads/Grüße aus Köln.jpg" exists');
    expect(verdict.nextStep).toBe(`npm run pipeline -- explain 'uploads/Grüße aus Köln.jpg' --function ${deployment.functionName}`);
  });
});
