import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../../config/presets.ts';
import { writeModule } from '../../../stacks/module/terraform-module.ts';
import { MissingPackageError } from '../../../stacks/parts/function-code.ts';
import { Synthesized, synthesize } from '../synthesized.ts';

const project = process.cwd();
const root = mkdtempSync(join(tmpdir(), 'terraform-module-'));
const ZIP = 'the zip';

beforeAll(() => {
  for (const folder of ['dist', 'docs']) mkdirSync(join(root, folder));
  writeFileSync(join(root, 'dist', 'image-processor-arm64.zip'), ZIP);
  copyFileSync(join(project, 'docs', 'runbook.md'), join(root, 'docs', 'runbook.md'));
  process.chdir(root);
});

afterAll(() => {
  process.chdir(project);
  rmSync(root, { recursive: true, force: true });
});

function moduleOf(preset: PresetName) {
  const folder = join(root, 'dist', 'module', preset);
  writeModule(deploymentOf(preset, 'dev', 'arm64'), folder);
  const text = readFileSync(join(folder, 'main.tf.json'), 'utf8');
  return { folder, text, document: JSON.parse(text), readme: readFileSync(join(folder, 'README.md'), 'utf8') };
}

describe.each(PRESET_NAMES)('the module of %s', (preset) => {
  test('has the resources, variables and outputs of the stack, without its backend and provider', () => {
    const stack = synthesize(deploymentOf(preset, 'dev', 'arm64'));

    const { document } = moduleOf(preset);

    expect(Object.keys(document).sort()).toEqual(['data', 'locals', 'output', 'resource', 'terraform', 'variable']);
    expect(document.terraform).toEqual({
      required_providers: { aws: { source: 'aws', version: '>= 5.100.0, < 7.0.0' } },
      required_version: '>= 1.5.0',
    });
    expect(new Synthesized(JSON.stringify(document)).all().map(({ address }) => address)).toEqual(
      stack.all().map(({ address }) => address),
    );
    expect(Object.keys(document.variable).sort()).toEqual([...Object.keys(stack.document.variable), 'tags'].sort());
    expect(document.output).toEqual(stack.document.output);
  });

  test('finds its own files from any root module', () => {
    const { folder, document, text } = moduleOf(preset);

    expect(document.resource.aws_lambda_function.processor).toMatchObject({
      filename: '${path.module}/assets/image-processor-arm64.zip',
      source_code_hash: '${filebase64sha256("${path.module}/assets/image-processor-arm64.zip")}',
    });
    expect(readFileSync(join(folder, 'assets', 'image-processor-arm64.zip'), 'utf8')).toBe(ZIP);
    expect(existsSync(join(folder, 'docs', 'runbook.md'))).toBe(true);
    for (const path of [root, project, tmpdir()]) expect(text).not.toContain(path);
  });

  test('tags every taggable resource and accepts more tags', () => {
    const { document } = moduleOf(preset);

    expect(document.locals.tags).toMatchObject({ Project: 'image-pipeline', Preset: preset, Environment: 'dev', ManagedBy: 'terraform' });
    expect(document.resource.aws_s3_bucket.uploads.tags).toMatch(/^\$\{merge\(local\.tags, \{.*\}, var\.tags\)\}$/);
    expect(document.resource.aws_iam_role.processor_role.tags).toBe('${merge(local.tags, {}, var.tags)}');
  });

  test('rejects a provider for another region', () => {
    const { region } = deploymentOf(preset, 'dev', 'arm64');

    expect(moduleOf(preset).document.data.aws_region.current.lifecycle.postcondition).toEqual([
      { condition: `\${self.id == "${region}"}`, error_message: expect.stringContaining(`written for the region ${region}`) },
    ]);
  });

  test('has a README that names every variable and output', () => {
    const { document, readme } = moduleOf(preset);

    for (const name of [...Object.keys(document.variable), ...Object.keys(document.output)]) expect(readme).toContain(`| \`${name}\` |`);
    expect(readme).toContain(`source             = "./${preset}"`);
  });
});

test('writing a module replaces the folder and leaves no other files', () => {
  const { folder } = moduleOf('image-metadata');
  writeFileSync(join(folder, 'old.tf'), '');

  moduleOf('image-metadata');

  expect(readdirSync(folder).sort()).toEqual(['README.md', 'assets', 'docs', 'main.tf.json']);
});

test('a module needs the packaged function', () => {
  const folder = join(root, 'dist', 'module', 'none');

  expect(() => writeModule(deploymentOf('photo-sharing', 'dev', 'x86_64'), folder)).toThrow(MissingPackageError);
  expect(existsSync(folder)).toBe(false);
});
