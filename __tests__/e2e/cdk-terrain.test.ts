import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { z } from 'zod';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { PRESET_NAMES } from '../../config/presets.ts';
import { workspace } from './workspace.ts';

/** CDK Terrain, which requires constructs below 10.8. */
const DEPENDENCIES = { cdktn: '0.24.0', '@cdktn/provider-aws': '25.7.0', constructs: '10.7.2' };

const stackSchema = z.looseObject({
  '//': z.unknown().optional(),
  terraform: z.looseObject({ required_providers: z.object({ aws: z.object({ source: z.string(), version: z.string() }) }) }),
});

/** Reads the synthesized JSON without the synthesizer's comments. */
async function stackIn(folder: string): Promise<z.infer<typeof stackSchema>> {
  const { '//': _, ...stack } = stackSchema.parse(JSON.parse(await readFile(join(folder, 'cdk.tf.json'), 'utf8')));
  return stack;
}

describe('the same stacks, synthesized with CDK Terrain', () => {
  let copy: string;

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'image-pipeline-cdktn-'));
    for (const part of ['main.ts', 'config', 'stacks', 'lambda-src', '.terraform.lock.hcl'])
      await cp(join(PROJECT_ROOT, part), join(copy, part), { recursive: true });
    await writeFile(join(copy, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: DEPENDENCIES }));
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: copy, stdio: 'pipe' });
    await symlink(join(PROJECT_ROOT, 'node_modules', 'zod'), join(copy, 'node_modules', 'zod'));
    await cp(join(PROJECT_ROOT, 'dist'), join(copy, 'dist'), {
      recursive: true,
      filter: (path) => !/module|local/.test(path.slice(PROJECT_ROOT.length)),
    });
    await switchImports(copy);
  }, 300_000);

  afterAll(() => rm(copy, { recursive: true, force: true }));

  test('have the same JSON except for the provider name', async () => {
    await build({
      absWorkingDir: copy,
      entryPoints: ['main.ts'],
      outfile: 'dist/main.cjs',
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: Object.keys(DEPENDENCIES),
      logLevel: 'warning',
    });
    execFileSync(workspace().node, ['dist/main.cjs'], { cwd: copy, stdio: 'pipe' });

    const [output = '', ...more] = (await readdir(copy)).filter((name) => name.endsWith('.out'));
    expect(more).toEqual([]);
    for (const preset of PRESET_NAMES) {
      const stack = `${preset}-${process.env.ENVIRONMENT_SUFFIX}`;
      const ours = await stackIn(join(workspace().folder, 'cdktf.out', 'stacks', stack));
      const theirs = await stackIn(join(copy, output, 'stacks', stack));
      expect(theirs.terraform.required_providers.aws.source).toBe('hashicorp/aws');
      theirs.terraform.required_providers.aws.source = ours.terraform.required_providers.aws.source;
      expect(theirs).toEqual(ours);
    }
  }, 300_000);
});

/** The only change that a switch needs: the names of the packages. */
async function switchImports(copy: string): Promise<void> {
  const files = ['main.ts', ...(await readdir(join(copy, 'stacks'), { recursive: true })).map((name) => join('stacks', name))];
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const path = join(copy, file);
    const source = await readFile(path, 'utf8');
    await writeFile(path, source.replaceAll("'@cdktf/provider-aws/", "'@cdktn/provider-aws/").replaceAll("from 'cdktf'", "from 'cdktn'"));
  }
}
