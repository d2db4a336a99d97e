import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PRESET_NAMES } from '../../config/presets.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGE = 'the zip';

/** A copy of the project in a folder with a space in its name, as on many desktops. */
const project = join(mkdtempSync(join(tmpdir(), 'main-')), 'my projects');

beforeAll(() => {
  mkdirSync(project);
  for (const part of ['main.ts', 'package.json', '.terraform.lock.hcl', 'config', 'stacks', 'lambda-src'])
    cpSync(join(root, part), join(project, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  mkdirSync(join(project, 'dist'));
  writeFileSync(join(project, 'dist', 'image-processor-arm64.zip'), PACKAGE);
  expect(spawnSync('npm', ['run', '--silent', 'synth:bundle'], { cwd: project, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

afterAll(() => rmSync(join(project, '..'), { recursive: true, force: true }));

/** Runs main.ts there and returns the result. */
function synthesizeProject(environment: Record<string, string>) {
  const output = join(project, 'cdktf.out');
  rmSync(output, { recursive: true, force: true });
  const { status, stderr } = spawnSync(process.execPath, ['dist/main.cjs'], {
    cwd: project,
    env: { PATH: process.env.PATH, ...environment },
    encoding: 'utf8',
  });
  return { status, stderr, output };
}

describe('main.ts', () => {
  test('writes a folder per preset that contains every file it refers to and no absolute path', () => {
    const { status, stderr, output } = synthesizeProject({});

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readdirSync(join(output, 'stacks')).sort()).toEqual(PRESET_NAMES.map((preset) => `${preset}-dev`).sort());
    for (const preset of PRESET_NAMES) {
      const folder = join(output, 'stacks', `${preset}-dev`);
      const json = readFileSync(join(folder, 'cdk.tf.json'), 'utf8');
      expect(json).not.toContain(tmpdir());
      expect(json).not.toContain('my projects');
      expect(json).toContain('"filename": "assets/image-processor-arm64.zip"');
      expect(json).toContain('"source_code_hash": "${filebase64sha256(\\"assets/image-processor-arm64.zip\\")}"');
      expect(readFileSync(join(folder, 'assets', 'image-processor-arm64.zip'), 'utf8')).toBe(PACKAGE);
      expect(readFileSync(join(folder, '.terraform.lock.hcl'), 'utf8')).toContain('registry.terraform.io/hashicorp/aws');
    }
  });

  test('writes the backend that the environment configures', () => {
    const { status, output } = synthesizeProject({ PRESETS: 'image-metadata', TF_STATE_BUCKET: 'acme-state', TF_STATE_PREFIX: 'images' });

    expect(status).toBe(0);
    const json = readFileSync(join(output, 'stacks', 'image-metadata-dev', 'cdk.tf.json'), 'utf8');
    expect(JSON.parse(json).terraform.backend.s3).toMatchObject({ bucket: 'acme-state', key: 'images/image-metadata-dev.tfstate' });
  });

  test('prints one message and writes nothing if a setting is invalid', () => {
    const { status, stderr, output } = synthesizeProject({
      ENVIRONMENT_SUFFIX: 'Dev_1',
      LAMBDA_ARCHITECTURE: 'mips',
      PRESETS: 'photo-sharing',
    });

    expect(status).toBe(1);
    expect(stderr).toContain('`environmentSuffix` must be 1 to 16 lower-case letters, digits and inner dashes (received "Dev_1")');
    expect(stderr).toContain('`architecture`');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(output)).toBe(false);
  });

  test('prints one message and writes no JSON if the function is not packaged', () => {
    const { status, stderr, output } = synthesizeProject({ LAMBDA_ARCHITECTURE: 'x86_64', PRESETS: 'photo-sharing' });

    expect(status).toBe(1);
    expect(stderr).toBe(
      'dist/image-processor-x86_64.zip does not exist, so there is no code to deploy. Build it with: npm run package -- --architecture x86_64\n',
    );
    expect(existsSync(join(output, 'stacks', 'photo-sharing-dev', 'cdk.tf.json'))).toBe(false);
  });
});
