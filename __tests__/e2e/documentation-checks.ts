import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { provedBy, runDocumented } from './documented-command.ts';
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

/** Checks the documented log commands against the function's own lines, because the emulated AWS has no logs. */
export function itLogsAsDocumented(pipeline: () => WorkingPipeline): void {
  test.each(provedBy('log'))('logs as documented: `$name` names the log of the function and a field of it', async ({ command }) => {
    const { aws, outputs, function: code } = pipeline().deployed;
    const { records } = await pipeline().upload('logged as documented.jpg', await brokenPhoto());
    await pipeline().deliver(...records);
    const { logGroups = [] } = await aws.clients.logs.send(new DescribeLogGroupsCommand({}));

    const group = / (\/aws\/\S+)/.exec(command.text)?.[1]?.replace('$FUNCTION', outputs.function_name);
    const [, field] = /\$\.(\w+)/.exec(command.text) ?? [];
    expect(logGroups.map(({ logGroupName }) => logGroupName)).toContain(group);
    expect(code.log.join('\n')).toContain(`"${field}":`);
  });
}
