import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { build, type Metafile } from 'esbuild';
import { architectureNamed } from '../../asset/architecture.ts';
import { bundleOptions } from '../../asset/bundle.ts';
import { packageContents, zipOf } from '../../asset/create-package.ts';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';

const ZIP_BYTES = 8_600_000;

/** Maximum size of each part of the minified handler, in kilobytes; 8 for parts that are not listed. */
const KILOBYTES: Readonly<Record<string, number>> = {
  '@smithy/core': 145,
  sharp: 110,
  '@aws-sdk/client-s3': 105,
  '@aws-sdk/core': 45,
  'lambda-src': 82,
  '@aws-sdk/client-sns': 41,
  zod: 43,
  '@aws-sdk/client-dynamodb': 31,
  '@aws-lambda-powertools/logger': 18,
  '@aws-sdk/checksums': 13,
  '@aws-lambda-powertools/metrics': 11,
  '@aws-sdk/middleware-sdk-s3': 11,
  '@smithy/signature-v4': 11,
};
const UNNAMED_KILOBYTES = 8;

describe('the package', () => {
  let parts: ReadonlyMap<string, number>;

  beforeAll(async () => {
    const options = { ...bundleOptions(PROJECT_ROOT, 'lambda-src/handler.ts'), write: false, metafile: true } as const;
    parts = partsOf((await build(options)).metafile);
  });

  test('contains no part that exceeds its budget', () => {
    const grown = [...parts].filter(([name, bytes]) => bytes > (KILOBYTES[name] ?? UNNAMED_KILOBYTES) * 1000);

    expect(grown.map(([name, bytes]) => `${name} has ${Math.ceil(bytes / 1000)} KB`)).toEqual([]);
  });

  test('contains every part that has a budget', () => {
    expect(Object.keys(KILOBYTES).filter((name) => !parts.has(name))).toEqual([]);
  });

  test('has at most 8.6 MB', async () => {
    const nodeCpu = process.arch === 'arm64' ? 'arm64' : 'x86_64';
    const { files } = await packageContents(PROJECT_ROOT, architectureNamed(nodeCpu));
    expect(zipOf(files).length).toBeLessThanOrEqual(ZIP_BYTES);
  });
});

/** Counts the bytes of the handler and its chunks by the package, or the project folder, that they come from. */
function partsOf({ outputs }: Metafile): Map<string, number> {
  const parts = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))) {
    const name = join(path).match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? path.split('/')[0] ?? path;
    parts.set(name, (parts.get(name) ?? 0) + bytesInOutput);
  }
  return parts;
}
