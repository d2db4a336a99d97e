import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import extractZip from 'extract-zip';
import { ARCHITECTURES } from '../../asset/architecture.ts';
import { packagePath } from '../../asset/create-package.ts';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { deploymentOf } from '../../config/deployments.ts';
import { OUTCOME_STATUSES } from '../../lambda-src/contract/outcome.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../../local/aws/embedded-aws.ts';
import { s3Event } from '../../local/aws/s3-event.ts';
import { uploadTo } from '../../local/aws/upload.ts';
import { functionConfiguration } from '../../local/function/function-configuration.ts';
import { LambdaRunner } from '../../local/function/lambda-runner.ts';
import { HOSTILE_FILES } from '../fixtures/hostile-files.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { childProcesses, peakMegabytes } from './process-memory.ts';
import { workspace } from './workspace.ts';

const architecture = ARCHITECTURES.find(({ nodeCpu }) => nodeCpu === process.arch);

let folder: string;

beforeAll(async () => {
  if (architecture === undefined) throw new Error(`There is no package for ${process.arch}.`);
  folder = await mkdtemp(join(tmpdir(), 'image-pipeline-hostile-'));
  await extractZip(packagePath(PROJECT_ROOT, architecture), { dir: folder });
});

afterAll(() => rm(folder, { recursive: true }));

describe.each(['photo-sharing', 'image-metadata'] as const)('The packaged handler of %s under Node 22', (preset) => {
  const settings = deploymentOf(preset, 'ci', architecture?.name ?? 'x86_64');
  let aws: EmbeddedAws;
  let runner: LambdaRunner;
  let processes: string[] = [];

  beforeAll(async () => {
    aws = await startEmbeddedAws(settings);
    const before = await childProcesses();
    runner = await LambdaRunner.start({
      bundle: join(folder, 'index.mjs'),
      configuration: functionConfiguration(settings, aws.resources, aws.endpoints),
      execPath: workspace().node,
      workers: 1,
      onDeadLetter: async () => undefined,
    });
    processes = (await childProcesses()).filter((pid) => !before.includes(pid));
  });

  afterAll(async () => {
    await runner.close();
    await aws.close();
  });

  async function outcomeOf(name: string, body: Buffer): Promise<unknown> {
    const bucket = aws.resources.uploadBucket;
    const key = `${settings.trigger.prefix}${name}.jpg`;
    const stored = await uploadTo(aws.clients.s3, bucket, { key, body });
    const answer = await runner.invoke(s3Event({ ...stored, bucket, key, region: settings.region }));
    return answer.status === 'answered' ? answer.payload : answer.error;
  }

  test('returns an outcome for every hostile file within its memory, and then processes the next photo', async () => {
    for (const [index, { bytes }] of HOSTILE_FILES.entries()) {
      expect(await outcomeOf(`hostile-${index}`, await bytes())).toMatchObject({
        outcomes: [{ status: expect.stringMatching(new RegExp(`^(${OUTCOME_STATUSES.join('|')})$`)) }],
      });
    }
    expect(await outcomeOf('good', await makePhoto())).toMatchObject({ outcomes: [{ status: 'processed' }] });

    const peaks = await Promise.all(processes.map(peakMegabytes));
    process.stderr.write(
      `${preset}: at most ${Math.max(...peaks)} MB of ${settings.function.memoryMb} MB over ${HOSTILE_FILES.length} hostile files\n`,
    );
    expect(peaks).toHaveLength(1);
    expect(Math.max(...peaks)).toBeLessThan(settings.function.memoryMb);
  });
});
