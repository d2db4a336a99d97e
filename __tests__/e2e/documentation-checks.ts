import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import type { DocumentedCommand } from '../docs/documented-commands.ts';
import { provedBy, runDocumented } from './documented-command.ts';
import type { EmulatedAws } from './emulated-aws.ts';
import { asOperator } from './operator.ts';
import { brokenPhoto, smallPhoto } from './photos.ts';
import type { WorkingPipeline } from './working-pipeline.ts';
import { workspace } from './workspace.ts';

/** Runs the documented commands of a preset, exactly as written and in document order. */
export function itIsOperatedAsDocumented(pipeline: () => WorkingPipeline, preset: 'photo-sharing' | 'image-metadata'): void {
  /** Delivers the bucket's events for an upload to the function. */
  async function outcomesOf(Key: string): Promise<string[]> {
    const { aws, outputs } = pipeline().deployed;
    const { VersionId = '' } = await aws.clients.s3.send(new HeadObjectCommand({ Bucket: outputs.upload_bucket_name, Key }));
    return pipeline().deliver(...(await pipeline().recordsOf(VersionId)));
  }

  test.each(provedBy(preset))('can be operated as documented: `$name`', async ({ command, proof }) => {
    await writeFile(join(workspace().folder, 'photo.jpg'), await smallPhoto());
    for (const [key] of command.text.matchAll(/holiday\/[\w.]+/g)) {
      const { records } = await pipeline().upload(key, await smallPhoto());
      await pipeline().deliver(...records);
    }

    const { exitCode, output } = await asOperator(pipeline(), ({ scripts, programs }) =>
      runDocumented(command, { and: proof.and, env: command.text.startsWith('npm ') ? scripts : programs }),
    );

    const { exitCodes = [0], prints = /./ } = proof;
    expect(output).toMatch(prints);
    expect(exitCodes).toContain(exitCode);
    if (command.text.startsWith('aws s3 cp photo.jpg')) expect(await outcomesOf('photo.jpg')).toEqual(['processed']);
  });
}

/** Runs the documented commands that read the function's log. */
export function itLogsAsDocumented(pipeline: () => WorkingPipeline): void {
  test.each(provedBy('log'))('logs as documented: `$name`', async ({ command }) => {
    const { aws, outputs, function: code } = pipeline().deployed;
    const { records } = await pipeline().upload('logged as documented.jpg', await brokenPhoto());
    await pipeline().deliver(...records);

    await expectLogged(command, { aws, functionName: outputs.function_name, lines: code.log });
  });
}

/**
 * Puts lines into the log group that a documented command reads, as Lambda would, and expects the command to print them. The emulated AWS ignores
 * patterns with conditions, so the field of the pattern is looked up in what is printed.
 */
export async function expectLogged(
  command: DocumentedCommand,
  { aws, functionName, lines }: { readonly aws: EmulatedAws; readonly functionName: string; readonly lines: readonly string[] },
): Promise<void> {
  const [, logGroupName] = / (\/aws\/\S+)/.exec(command.text.replace('$FUNCTION', functionName)) ?? [];
  const [, field] = /\$\.(\w+)/.exec(command.text) ?? [];
  const stream = { logGroupName, logStreamName: randomUUID() };
  await aws.clients.logs.send(new CreateLogStreamCommand(stream));
  const logEvents = lines.map((message) => ({ message, timestamp: Date.now() }));
  await aws.clients.logs.send(new PutLogEventsCommand({ ...stream, logEvents }));

  const { exitCode, output } = await runDocumented(
    { ...command, before: [] },
    { env: { FUNCTION: functionName, AWS_DEFAULT_REGION: aws.region, AWS_ENDPOINT_URL: aws.url } },
  );

  expect(output.split('\n')).toEqual(expect.arrayContaining(lines.filter((line) => line.includes(`"${field}":`))));
  expect(output).toContain(`"${field}":`);
  expect(exitCode).toBe(0);
}
