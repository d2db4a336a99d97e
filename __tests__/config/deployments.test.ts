import { describe, expect, test } from '@jest/globals';
import { deploymentOf, deploymentsFrom, localDeployment } from '../../config/deployments.ts';
import { PRESET_NAMES } from '../../config/presets.ts';
import { fillIn, SettingsError, stackId } from '../../config/settings.ts';

describe('deploymentsFrom', () => {
  test('returns every preset as dev on arm64 by default', () => {
    const deployments = deploymentsFrom({});

    expect(deployments.map(stackId)).toEqual(PRESET_NAMES.map((preset) => `${preset}-dev`));
    expect(new Set(deployments.map(({ architecture }) => architecture))).toEqual(new Set(['arm64']));
  });

  test('treats an empty variable as unset', () => {
    expect(deploymentsFrom({ PRESETS: '', ENVIRONMENT_SUFFIX: '', LAMBDA_ARCHITECTURE: '' })).toEqual(deploymentsFrom({}));
  });

  test('returns each preset in PRESETS once, with the given suffix and CPU', () => {
    const deployments = deploymentsFrom({
      PRESETS: 'image-metadata, photo-sharing,image-metadata',
      ENVIRONMENT_SUFFIX: 'prod',
      LAMBDA_ARCHITECTURE: 'x86_64',
    });

    expect(deployments.map((settings) => [stackId(settings), settings.architecture])).toEqual([
      ['image-metadata-prod', 'x86_64'],
      ['photo-sharing-prod', 'x86_64'],
    ]);
  });

  test.each(['nobody', 'photo-sharing,nobody', 'toString', 'photo-sharing,'])('rejects PRESETS=%s and lists the presets', (PRESETS) => {
    const attempt = () => deploymentsFrom({ PRESETS });

    expect(attempt).toThrow(SettingsError);
    expect(attempt).toThrow(`allowed: ${PRESET_NAMES.join(', ')}.`);
  });

  test('names the setting that an invalid variable affects', () => {
    expect(() => deploymentsFrom({ ENVIRONMENT_SUFFIX: 'Prod!' })).toThrow('`environmentSuffix` must be');
    expect(() => deploymentsFrom({ LAMBDA_ARCHITECTURE: 'mips' })).toThrow('`architecture`');
  });
});

describe('deploymentOf', () => {
  test('lets a preset vary by environment', () => {
    const retention = ['dev', 'pr-7', 'prod', 'staging'].map(
      (suffix) => deploymentOf('media-thumbnails', suffix, 'arm64').function.logRetentionDays,
    );

    expect(retention).toEqual([14, 14, 90, 90]);
  });
});

describe('localDeployment', () => {
  test.each(PRESET_NAMES)('of %s decodes HEIC only if asked, and then has the memory for it', (preset) => {
    expect(localDeployment(preset)).toEqual(deploymentOf(preset, 'dev', 'x86_64'));
    expect(localDeployment(preset, { heic: true })).toMatchObject({ heic: true, function: { memoryMb: 1024 } });
  });
});

describe('fillIn', () => {
  test('fills in every occurrence of every placeholder', () => {
    const deployment = { preset: 'photos', environmentSuffix: 'dev', region: 'eu-west-1' };

    expect(fillIn('{env}-{stack}-{account}-{env}-{region}', deployment, '${account}')).toBe('dev-photos-dev-${account}-dev-eu-west-1');
  });
});
