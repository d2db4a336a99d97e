import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { architectureNamed } from '../../asset/architecture.ts';
import { freshPackage } from '../../asset/create-package.ts';
import { PackageError } from '../../asset/packaged-file.ts';
import { deploymentsFrom } from '../../config/deployments.ts';
import { PRESETS } from '../../config/presets.ts';
import { LEASE_MARGIN_SECONDS, type PipelineSettingsInput, parseSettings, SettingsError } from '../../config/settings.ts';

const photoSharing = (different: Partial<PipelineSettingsInput>): PipelineSettingsInput => ({
  ...PRESETS['photo-sharing'](),
  ...different,
});

describe('Fault 13: an output that would trigger the function', () => {
  test('is rejected at synth; the error names the field, the reason and the fix', () => {
    expect(() => parseSettings(photoSharing({ outputBucket: null }))).toThrow(
      /`recipe\.renditions`.*overlaps `trigger\.prefix`.*trigger the function again; set `outputBucket`/,
    );
  });

  test('is allowed in the same bucket under a prefix that does not match the trigger', () => {
    expect(() => parseSettings(photoSharing({ outputBucket: null, trigger: { prefix: 'uploads/' } }))).not.toThrow();
  });
});

describe('Fault 20: a lease shorter than the work', () => {
  test('is rejected at synth', () => {
    const settings = photoSharing({
      function: { ...PRESETS['photo-sharing']().function, timeoutSeconds: 60, leaseSeconds: 59 + LEASE_MARGIN_SECONDS },
    });

    expect(() => parseSettings(settings)).toThrow(/`function\.leaseSeconds`.*`function\.timeoutSeconds` \(60\)/);
  });
});

describe('Fault 23: an invalid environment variable at synth', () => {
  test.each([
    ['a suffix in upper case', { ENVIRONMENT_SUFFIX: 'Prod' }, /`environmentSuffix`.*lower-case.*received "Prod"/],
    ['a suffix with an odd character', { ENVIRONMENT_SUFFIX: 'dev_1' }, /`environmentSuffix`/],
    ['a suffix of 17 characters', { ENVIRONMENT_SUFFIX: 'abcdefghijklmnopq' }, /`environmentSuffix`.*1 to 16/],
    ['an unknown preset', { PRESETS: 'holiday' }, /PRESETS.*"holiday".*photo-sharing, media-thumbnails, upload-processing, image-metadata/],
    ['an unknown architecture', { LAMBDA_ARCHITECTURE: 'riscv' }, /`architecture`/],
  ])('%s is rejected by name', (_name, environment, message) => {
    expect(() => deploymentsFrom(environment)).toThrow(message);
    expect(() => deploymentsFrom(environment)).toThrow(SettingsError);
  });
});

describe('Fault 25: a package that is missing, stale or for another CPU', () => {
  test('is never considered fresh if it is missing, so that synth builds it', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'no-package-'));

    expect(await freshPackage(architectureNamed('arm64'), empty)).toBeUndefined();
    await rm(empty, { recursive: true });
  });

  test('cannot be built for an architecture that Lambda does not offer', () => {
    expect(() => architectureNamed('riscv')).toThrow(PackageError);
  });
});
