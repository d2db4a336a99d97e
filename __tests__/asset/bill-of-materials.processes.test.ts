import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { architectureNamed } from '../../asset/architecture.ts';
import { createPackage } from '../../asset/create-package.ts';
import { keptTarball, lockPackages, standInProject } from './stand-in-project.ts';

const ARM64 = architectureNamed('arm64');

interface Component {
  readonly purl: string;
  readonly 'bom-ref': string;
  readonly components?: readonly Component[];
}

let root: string;
let bill: { components: readonly Component[]; metadata: object };

beforeAll(async () => {
  root = await standInProject({
    'lambda-src/handler.ts': "import library from 'library';\nexport const handler = () => library;",
    'node_modules/library/index.js': 'export default 1;',
    'node_modules/library/package.json': JSON.stringify({
      name: 'library',
      version: '3.2.1',
      license: 'MIT',
      repository: { url: 'git+https://example.com/library.git' },
    }),
    'node_modules/unused/package.json': JSON.stringify({ name: 'unused', version: '1.0.0' }),
  });
  await lockPackages(root, { 'node_modules/library': { version: '3.2.1', integrity: 'sha512-AQID' } });
  await createPackage(ARM64, root);
  bill = JSON.parse(await readFile(join(root, 'dist/image-processor-arm64.cdx.json'), 'utf8'));
});

afterAll(() => rm(root, { recursive: true }));

describe('the bill of materials', () => {
  test('is a CycloneDX 1.6 document that describes the zip next to it', async () => {
    const zip = await readFile(join(root, 'dist/image-processor-arm64.zip'));

    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: {
        component: {
          type: 'application',
          name: 'image-processor-arm64',
          version: '1.2.3',
          hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(zip).digest('hex') }],
        },
      },
    });
  });

  test('lists exactly what is in the zip', () => {
    expect(bill.components.map(({ purl }) => purl)).toEqual([
      'pkg:npm/library@3.2.1',
      'pkg:npm/%40img/sharp-linux-arm64@1.0.0',
      'pkg:npm/%40img/sharp-libvips-linux-arm64@2.0.0',
    ]);
  });

  test('gives a library’s version, licence, source and hash', () => {
    expect(bill.components[0]).toEqual({
      type: 'library',
      'bom-ref': 'pkg:npm/library@3.2.1',
      name: 'library',
      version: '3.2.1',
      hashes: [{ alg: 'SHA-512', content: '010203' }],
      licenses: [{ license: { id: 'MIT' } }],
      purl: 'pkg:npm/library@3.2.1',
      externalReferences: [{ type: 'vcs', url: 'https://example.com/library' }],
    });
  });

  test('gives the hash of the tarball that the native code came from', async () => {
    const tarball = await readFile(keptTarball(root, '@img/sharp-linux-arm64@1.0.0'));

    expect(bill.components[1]).toMatchObject({
      group: '@img',
      name: 'sharp-linux-arm64',
      hashes: [{ alg: 'SHA-512', content: createHash('sha512').update(tarball).digest('hex') }],
    });
  });

  test('lists the libraries compiled into libvips', () => {
    expect(bill.components[2]?.components).toMatchObject([{ type: 'library', name: 'heif', version: '1.23.5' }]);
  });

  test('contains each reference once', () => {
    const references = bill.components.flatMap((component) => [component, ...(component.components ?? [])]).map((part) => part['bom-ref']);

    expect(new Set(references).size).toBe(references.length);
  });

  test('contains no timestamp or random number', () => {
    expect(bill).not.toHaveProperty('serialNumber');
    expect(bill.metadata).not.toHaveProperty('timestamp');
  });
});
