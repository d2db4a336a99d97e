import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import { ARCHITECTURES } from '../../asset/architecture.ts';
import { PRESETS } from '../../config/presets.ts';
import { parseSettings } from '../../config/settings.ts';
import { findItem } from '../../local/aws/ledger-item.ts';
import { closeServer, listenOnLoopback } from '../../local/aws/loopback.ts';
import { LambdaRunner } from '../../local/function/lambda-runner.ts';
import { DeployedModule } from './deployed-module.ts';
import { outputsSchema } from './deployed-stack.ts';
import { expectLogged } from './documentation-checks.ts';
import { provedBy } from './documented-command.ts';
import { type EmulatedAws, startEmulatedAws } from './emulated-aws.ts';
import { liftPolicy, type Restore, removeUndeletable } from './emulator-gaps.ts';
import { PackagedFunction } from './packaged-function.ts';
import { smallPhoto } from './photos.ts';
import { makeQueue, subscribeLikeMail, type TestQueue, takeAll } from './test-queue.ts';
import { ENVIRONMENT_SUFFIX, workspace } from './workspace.ts';

const REGION = 'us-east-1';
const ROOT_MODULE = `
provider "aws" {
  region = "${REGION}"
}

module "pipeline" {
  source             = "./upload-processing"
  notification_email = "you@example.com"
}

output "pipeline" {
  value = module.pipeline
}
`;

const HOUR = 3_600_000;

/** An hour later: a photo that was uploaded moments ago is not missing. */
const LATER = `--import=data:text/javascript,const%20now=Date.now;Date.now=()=>now()+${HOUR};`;

describe('upload-processing with reconciliation, deployed as a module', () => {
  const deployed = new DeployedModule('reconciliation');
  let aws: EmulatedAws;
  let outputs: z.infer<typeof outputsSchema>;

  beforeAll(async () => {
    aws = await startEmulatedAws(REGION);
    const architecture = ARCHITECTURES.find(({ nodeCpu }) => nodeCpu === process.arch)?.name ?? 'x86_64';
    const settings = {
      ...PRESETS['upload-processing'](),
      ...{ environmentSuffix: ENVIRONMENT_SUFFIX, architecture, deletePropagation: true, reconcile: { everyHours: 6, repair: true } },
    };
    await deployed.init(parseSettings(settings), ROOT_MODULE, aws, { scheduler: aws.url });
  });

  afterAll(() => aws?.close());

  test('is applied', async () => {
    await deployed.apply();

    outputs = outputsSchema.parse(JSON.parse(await deployed.terraform('output', '-json', 'pipeline')));
    const reconciler = await aws.clients.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: `${outputs.function_name}-reconciler` }),
    );
    expect(reconciler).toMatchObject({ Handler: 'reconcile.handler', MemorySize: 256, Timeout: 900 });
  }, 400_000);

  describe('at work', () => {
    let runner: LambdaRunner;
    let reconciler: LambdaRunner;
    let mails: TestQueue;
    let restore: readonly Restore[] = [];
    /** Events in the function's asynchronous queue, which the emulator does not have. */
    const queue: unknown[] = [];
    const lambda = createServer(async (request, response) => {
      queue.push(await json(request));
      response.writeHead(202).end();
    });
    const log: string[] = [];

    beforeAll(async () => {
      const { s3, sns, sqs } = aws.clients;
      const buckets = [outputs.upload_bucket_name, outputs.processed_bucket_name ?? ''];
      mails = await makeQueue(sqs, 'test-mails');
      restore = [
        ...buckets.map((bucket) => () => removeUndeletable(s3, bucket)),
        ...(await Promise.all(buckets.map((bucket) => liftPolicy(s3, bucket)))),
        await subscribeLikeMail(sns, outputs.notification_topic_arn, mails),
        mails.remove,
      ];
      const zip = join(
        deployed.folder,
        'upload-processing',
        'assets',
        `image-processor-${process.arch === 'arm64' ? 'arm64' : 'x86_64'}.zip`,
      );
      const code = await PackagedFunction.unpack(aws, outputs.function_name, zip, join(workspace().folder, 'reconciled-function'));
      runner = await code.start();
      const { Environment, FunctionName = '' } = await aws.clients.lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName: `${outputs.function_name}-reconciler` }),
      );
      reconciler = await LambdaRunner.start({
        bundle: join(workspace().folder, 'reconciled-function', 'reconcile.mjs'),
        configuration: {
          name: FunctionName,
          arn: '',
          // Its clock is an hour ahead of the deadline that it is given.
          timeoutMilliseconds: 900_000 + HOUR,
          environment: {
            ...Environment?.Variables,
            ...{ AWS_REGION: REGION, AWS_ENDPOINT_URL: aws.url, AWS_ENDPOINT_URL_LAMBDA: await listenOnLoopback(lambda) },
            ...{ AWS_ACCESS_KEY_ID: 'emulated', AWS_SECRET_ACCESS_KEY: 'emulated', NODE_OPTIONS: LATER },
          },
        },
        execPath: workspace().node,
        workers: 1,
        onLog: (line) => log.push(line),
        onDeadLetter: async () => {},
      });
    });

    afterAll(async () => {
      await closeServer(lambda);
      await reconciler?.close();
      await runner?.close();
      for (const undo of restore) await undo();
    });

    /** Runs the reconciler, and delivers what it has asked for. */
    async function reconcile(): Promise<unknown> {
      const answer = await reconciler.invoke({});
      for (const event of queue.splice(0)) expect(await runner.invoke(event)).toMatchObject({ status: 'answered' });
      return 'payload' in answer ? answer.payload : answer;
    }

    const statusOf = async (key: string) => {
      const item = await findItem(aws.clients.dynamodb, outputs.metadata_table_name, { bucket: outputs.upload_bucket_name, key });
      return item?.Status;
    };
    const keys = ['uploads/a, 100%+ü.jpg', 'uploads/b.JPG', 'uploads/c.png'];

    test('photos whose events were lost have one effect each', async () => {
      const Body = await smallPhoto();
      for (const Key of keys) await aws.clients.s3.send(new PutObjectCommand({ Bucket: outputs.upload_bucket_name, Key, Body }));

      expect(await reconcile()).toEqual({ missing: 3, stuck: 0, orphaned: 0, handedOver: 3, isComplete: true });
      expect(await Promise.all(keys.map(statusOf))).toEqual(['processed', 'processed', 'processed']);
      expect(await takeAll(aws.clients.sqs, mails.url)).toHaveLength(3);
      expect(await reconcile()).toMatchObject({ missing: 0, stuck: 0, orphaned: 0, handedOver: 0 });
    });

    test('renditions of a deletion whose event was lost are erased', async () => {
      await aws.clients.s3.send(new DeleteObjectCommand({ Bucket: outputs.upload_bucket_name, Key: keys[0] }));

      expect(await reconcile()).toMatchObject({ orphaned: 1, handedOver: 1 });
      const { Versions = [] } = await aws.clients.s3.send(new ListObjectVersionsCommand({ Bucket: outputs.processed_bucket_name }));
      expect(Versions.map(({ Key = '' }) => Key.slice(Key.indexOf('uploads/'))).toSorted()).toEqual(keys.slice(1));
      expect(await reconcile()).toMatchObject({ orphaned: 0, handedOver: 0 });
    });

    test.each(provedBy('log of the reconciler'))('logs as documented: `$name`', async ({ command }) => {
      await expectLogged(command, { aws, functionName: outputs.function_name, lines: log });
    });

    test('the metrics carry the name of the function that the alarms ask for', () => {
      const metrics = log.filter((line) => line.includes('"_aws"')).map((line) => JSON.parse(line));

      expect(metrics.at(0)).toMatchObject({ MissingPhotos: 3, StuckPhotos: 0, OrphanedRenditions: 0, service: outputs.function_name });
      expect(metrics.at(-1)).toMatchObject({ MissingPhotos: 0, StuckPhotos: 0, OrphanedRenditions: 0 });
    });
  });

  deployed.itEnds(() => aws);
});
