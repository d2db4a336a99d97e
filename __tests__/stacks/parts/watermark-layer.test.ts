import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import extractZip from 'extract-zip';
import sharp from 'sharp';
import { handlerSettings } from '../../../config/handler-settings.ts';
import { PRESETS } from '../../../config/presets.ts';
import { type PipelineSettings, parseSettings } from '../../../config/settings.ts';
import { fromEnvironment } from '../../../lambda-src/contract/environment.ts';
import { recipeHash } from '../../../lambda-src/contract/recipe.ts';
import { writeModule } from '../../../stacks/module/terraform-module.ts';
import { synthesize } from '../synthesized.ts';

const project = process.cwd();
const root = mkdtempSync(join(tmpdir(), 'watermark-layer-'));
let settings: PipelineSettings;

function withWatermark(file = 'logo.png'): PipelineSettings {
  const preset = PRESETS['photo-sharing']();
  const renditions = preset.recipe.renditions.map((rendition) => ({ ...rendition, watermark: true }));
  return parseSettings({ ...preset, recipe: { renditions, watermark: { file, opacity: 0.5 } } });
}

beforeAll(async () => {
  process.chdir(root);
  for (const folder of ['dist', 'docs']) mkdirSync(folder);
  writeFileSync(join('dist', 'image-processor-arm64.zip'), 'the zip');
  writeFileSync(join('docs', 'runbook.md'), '');
  await sharp({ create: { width: 40, height: 20, channels: 4, background: '#ff0000' } })
    .png()
    .toFile('logo.png');
  settings = withWatermark();
});

afterAll(() => {
  process.chdir(project);
  rmSync(root, { recursive: true, force: true });
});

describe('the watermark', () => {
  test('is a layer of the function', () => {
    const stack = synthesize(settings);
    expect(stack.one('aws_lambda_layer_version')).toMatchObject({
      layer_name: 'ImageProcessor-photo-sharing-dev-watermark',
      filename: 'assets/watermark.zip',
      source_code_hash: '${filebase64sha256("assets/watermark.zip")}',
    });
    expect(stack.one('aws_lambda_function').layers).toEqual(['${aws_lambda_layer_version.processor_watermark.arn}']);
  });

  test('is found by the function where Lambda unpacks the layer', async () => {
    const folder = join(root, 'module');
    writeModule(settings, folder);
    const first = readFileSync(join(folder, 'assets', 'watermark.zip'));
    await extractZip(join(folder, 'assets', 'watermark.zip'), { dir: join(root, 'opt') });
    const { WATERMARK } = synthesize(settings).environment();
    expect(WATERMARK).toContain('"file":"/opt/watermark.png"');
    expect(readdirSync(join(root, 'opt'))).toEqual(['watermark.png']);
    expect(readFileSync(join(root, 'opt', 'watermark.png'))).toEqual(readFileSync('logo.png'));
    expect(statSync(join(root, 'opt', 'watermark.png')).mode & 0o777).toBe(0o644);
    expect(readFileSync(join(folder, 'main.tf.json'), 'utf8')).toContain('${path.module}/assets/watermark.zip');
    writeModule(settings, folder);
    expect(readFileSync(join(folder, 'assets', 'watermark.zip'))).toEqual(first);
  });

  test('changes the hash of the recipe with its bytes', async () => {
    const resources = { uploadBucket: 'u', outputBucket: 'r', tableName: 't', topicArn: 'a' };
    const before = handlerSettings(settings, resources).recipe;
    await sharp({ create: { width: 40, height: 20, channels: 4, background: '#00ff00' } })
      .png()
      .toFile('logo.png');
    const after = handlerSettings(settings, resources).recipe;
    expect(after.watermark?.digest).toMatch(/^[0-9a-f]{32}$/);
    expect(recipeHash(after)).not.toBe(recipeHash(before));
  });

  test('needs nothing in a deployment without one', () => {
    const stack = synthesize(parseSettings(PRESETS['photo-sharing']()));
    expect(stack.resources('aws_lambda_layer_version')).toEqual([]);
    expect(stack.one('aws_lambda_function')).not.toHaveProperty('layers');
    expect(stack.environment()).not.toHaveProperty('WATERMARK');
  });

  test.each([
    ['does not exist', 'none.png', () => undefined],
    ['is not a PNG', 'text.png', () => writeFileSync('text.png', 'x'.repeat(100))],
    ['has 1000001 bytes; the limit is 1000000', 'large.png', () => writeFileSync('large.png', Buffer.alloc(1_000_001))],
    [
      'is 5000 × 10 pixels; the limit is 4096 per side',
      'wide.png',
      () =>
        sharp({ create: { width: 5000, height: 10, channels: 3, background: 'red' } })
          .png()
          .toFile('wide.png'),
    ],
  ])('is rejected if it %s', async (message, file, prepare) => {
    await prepare();
    expect(() => withWatermark(file)).toThrow(`\`recipe.watermark.file\` ${message} (received "${file}")`);
  });

  test('is handed over without loss', () => {
    const handed = handlerSettings(settings, { uploadBucket: 'u', outputBucket: 'r', tableName: 't', topicArn: 'a' });
    const planned = synthesize(settings).environment();
    const names = { UPLOAD_BUCKET: 'u', OUTPUT_BUCKET: 'r', TABLE_NAME: 't', TOPIC_ARN: 'a' };
    const RENDITIONS = planned.RENDITIONS?.replace('${var.image_max_width}', '1024').replace('${var.image_max_height}', '768');
    expect(fromEnvironment({ ...planned, ...names, RENDITIONS }).recipe).toEqual(handed.recipe);
  });
});
