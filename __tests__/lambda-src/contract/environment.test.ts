import { describe, expect, test } from '@jest/globals';
import {
  ALLOCATOR,
  EnvironmentError,
  fromEnvironment,
  type HandlerSettings,
  reconcilerFromEnvironment,
  toEnvironment,
  toReconcilerEnvironment,
  WATERMARK_PATH,
} from '../../../lambda-src/contract/environment.ts';

const SETTINGS: HandlerSettings = {
  preset: 'photo-sharing',
  uploadBucket: 'uploads',
  triggerPrefix: 'in/',
  triggerSuffixes: ['.jpg', '.png'],
  triggerInclude: ['in/a,b/**'],
  triggerExclude: ['**/raw/*', '*.tmp.jpg'],
  outputBucket: 'renditions',
  tableName: 'ledger',
  partitionKey: 'ImageId',
  topicArn: 'arn:aws:sns:us-east-1:123456789012:news',
  publish: ['processed', 'failed'],
  recipe: {
    renditions: [{ name: 'small', prefix: 'small/', width: 200, height: 100, fit: 'cover', format: 'webp', quality: 80 }],
    background: '#ff0000',
    manifest: true,
    manifestPrefix: 'pictures/',
    metadata: { captureTime: true, gps: true },
    keepCopyright: true,
  },
  maxBytes: 1,
  maxPixels: 2,
  maxAvifPixels: 3,
  leaseSeconds: 90,
  deletePropagation: true,
  tagFailed: true,
  quarantinePrefix: 'quarantine/',
};

const ENVIRONMENT = {
  PRESET: 'photo-sharing',
  UPLOAD_BUCKET: 'uploads',
  TRIGGER_PREFIX: 'in/',
  TRIGGER_SUFFIXES: '.jpg,.png',
  TRIGGER_INCLUDE: '["in/a,b/**"]',
  TRIGGER_EXCLUDE: '["**/raw/*","*.tmp.jpg"]',
  OUTPUT_BUCKET: 'renditions',
  TABLE_NAME: 'ledger',
  PARTITION_KEY: 'ImageId',
  TOPIC_ARN: 'arn:aws:sns:us-east-1:123456789012:news',
  PUBLISH: 'processed,failed',
  RENDITIONS: '[{"name":"small","prefix":"small/","width":200,"height":100,"fit":"cover","format":"webp","quality":80}]',
  BACKGROUND: '#ff0000',
  MANIFEST_PREFIX: 'pictures/',
  METADATA: 'captureTime,gps',
  KEEP_COPYRIGHT: 'true',
  MAX_BYTES: '1',
  MAX_PIXELS: '2',
  MAX_AVIF_PIXELS: '3',
  LEASE_SECONDS: '90',
  DELETE_PROPAGATION: 'true',
  TAG_FAILED: 'true',
  QUARANTINE_PREFIX: 'quarantine/',
};

describe('the settings of the handler', () => {
  test('are written as the variables of the function', () => {
    expect(toEnvironment(SETTINGS)).toEqual(ENVIRONMENT);
  });

  test('are read back from them', () => {
    expect(fromEnvironment({ ...ENVIRONMENT, HOME: '/root' })).toEqual(SETTINGS);
  });

  test('include HEIC only if it is decoded', () => {
    expect(toEnvironment({ ...SETTINGS, maxHeicPixels: 5 })).toEqual({ ...ENVIRONMENT, HEIC: 'true', MAX_HEIC_PIXELS: '5' });
    expect(fromEnvironment({ ...ENVIRONMENT, HEIC: 'true', MAX_HEIC_PIXELS: '5' })).toEqual({ ...SETTINGS, maxHeicPixels: 5 });
    expect(fromEnvironment({ ...ENVIRONMENT, HEIC: 'false', MAX_HEIC_PIXELS: '5' }).maxHeicPixels).toBeUndefined();
  });

  test('include a watermark and the limits of animations only if they are set', () => {
    const watermark = { file: WATERMARK_PATH, digest: 'ab'.repeat(16), gravity: 'north', opacity: 0.5, scale: 0.1 } as const;
    const settings = { ...SETTINGS, recipe: { ...SETTINGS.recipe, watermark }, maxFrames: 7, maxAnimationPixels: 8 };
    const environment = { ...ENVIRONMENT, WATERMARK: JSON.stringify(watermark), MAX_FRAMES: '7', MAX_ANIMATION_PIXELS: '8' };

    expect(toEnvironment(settings)).toEqual(environment);
    expect(fromEnvironment(environment)).toEqual(settings);
  });

  test('may leave out everything that has a meaning when empty', () => {
    const least = {
      ...SETTINGS,
      ...{ triggerPrefix: '', triggerSuffixes: [], publish: [], outputBucket: undefined, deletePropagation: false },
      ...{ triggerInclude: [], triggerExclude: [], tagFailed: false, quarantinePrefix: undefined },
      recipe: { renditions: [], background: '#ffffff' },
    };
    const optional = ['OUTPUT_BUCKET', 'TRIGGER_INCLUDE', 'TRIGGER_EXCLUDE', 'TAG_FAILED', 'QUARANTINE_PREFIX'];

    expect(Object.keys(toEnvironment(least)).filter((name) => optional.includes(name))).toEqual([]);
    expect(fromEnvironment(toEnvironment(least))).toEqual(least);
  });
});

describe('the function does not start, and names', () => {
  const complaint = (changes: Record<string, string | undefined>): string => {
    try {
      fromEnvironment({ ...ENVIRONMENT, ...changes });
      return '';
    } catch (error) {
      return error instanceof EnvironmentError ? error.message : String(error);
    }
  };
  const all = (problems: string) =>
    `The function's environment is invalid: ${problems}. Deploy the synthesized stack again; it sets all variables.`;

  test('every variable that is missing or malformed', () => {
    expect(complaint({ TABLE_NAME: undefined, MAX_BYTES: '0' })).toBe(
      all('TABLE_NAME is missing; MAX_BYTES Too small: expected number to be >0 (received "0")'),
    );
  });

  test('what is not JSON', () => {
    expect(complaint({ RENDITIONS: '[{' })).toBe(all('RENDITIONS must be JSON (received "[{")'));
  });

  test('the field of a rendition, and no more than 200 characters of what was received', () => {
    const renditions = JSON.stringify([{ name: 'N'.repeat(300), prefix: 'small/', width: 200, height: 100 }]);

    expect(complaint({ RENDITIONS: renditions })).toBe(
      all(
        `RENDITIONS.0.name must be lower-case letters, digits and dashes, at most 32 characters (received ${JSON.stringify(renditions.slice(0, 200))})`,
      ),
    );
  });

  test.each(['PRESET', 'UPLOAD_BUCKET', 'OUTPUT_BUCKET', 'TABLE_NAME', 'PARTITION_KEY', 'TOPIC_ARN', 'QUARANTINE_PREFIX'])(
    '%s when it is empty',
    (name) => {
      expect(complaint({ [name]: '' })).toContain(`${name} Too small`);
    },
  );

  test.each(['MAX_BYTES', 'MAX_PIXELS', 'MAX_AVIF_PIXELS', 'MAX_HEIC_PIXELS', 'LEASE_SECONDS'])(
    '%s if it is not a whole number above 0',
    (name) => {
      for (const value of ['0', '-1', '1.5', 'many']) expect(complaint({ [name]: value })).toContain(name);
    },
  );

  test('the bucket that renditions need', () => {
    expect(complaint({ OUTPUT_BUCKET: undefined })).toBe(
      'The environment variable OUTPUT_BUCKET is missing, but RENDITIONS asks for renditions: set both or neither.',
    );
    expect(complaint({ OUTPUT_BUCKET: undefined, RENDITIONS: '[]' })).toBe(
      'The environment variable OUTPUT_BUCKET is missing, but QUARANTINE_PREFIX asks for copies: set both or neither.',
    );
  });

  test('the limit that HEIC needs', () => {
    expect(complaint({ HEIC: 'true' })).toBe('The environment variable MAX_HEIC_PIXELS is missing, but HEIC is true: set both or neither.');
  });

  test('itself by a code', () => {
    expect(new EnvironmentError()).toMatchObject({ name: 'EnvironmentError', code: 'INVALID_ENVIRONMENT' });
  });
});

describe('the settings of the reconciler', () => {
  test('are written as variables and read back', () => {
    const settings = { functionName: 'resize', repairTarget: 'arn:aws:lambda:us-east-1:123456789012:function:resize:live' };
    const environment = { PROCESSOR_FUNCTION: settings.functionName, REPAIR_TARGET: settings.repairTarget };

    expect(toReconcilerEnvironment(settings)).toEqual(environment);
    expect(reconcilerFromEnvironment({ ...environment, HOME: '/root' })).toEqual(settings);
  });

  test('have no target if nothing is repaired', () => {
    expect(toReconcilerEnvironment({ functionName: 'resize' })).toEqual({ PROCESSOR_FUNCTION: 'resize' });
    expect(reconcilerFromEnvironment({ PROCESSOR_FUNCTION: 'resize' })).toEqual({ functionName: 'resize', repairTarget: undefined });
  });

  test.each([
    [{}, 'PROCESSOR_FUNCTION is missing'],
    [{ PROCESSOR_FUNCTION: '', REPAIR_TARGET: '' }, 'PROCESSOR_FUNCTION Too small'],
    [{ PROCESSOR_FUNCTION: 'resize', REPAIR_TARGET: '' }, 'REPAIR_TARGET Too small'],
  ])('cannot be read from %j', (environment, complaint) => {
    expect(() => reconcilerFromEnvironment(environment)).toThrow(complaint);
  });
});

test('the watermark is where Lambda unpacks layers', () => {
  expect(WATERMARK_PATH).toBe('/opt/watermark.png');
});

test('the allocator has one arena', () => {
  expect(ALLOCATOR).toEqual({ MALLOC_ARENA_MAX: '1' });
});
