import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ARCHITECTURES } from '../../asset/architecture.ts';
import { type PackageContents, packageContents, zipOf } from '../../asset/create-package.ts';
import { billOfMaterials } from '../../asset/libraries.ts';
import { type PackagedFile, PROJECT_ROOT } from '../../asset/packaged-file.ts';

/** What the decoder for HEIC adds to the zip. */
const HEIC_BYTES = 550_000;

function digestOf({ path, content }: PackagedFile): string {
  return `${path} ${createHash('sha256').update(content).digest('hex')}`;
}

describe.each(ARCHITECTURES)('the package for $name', (architecture) => {
  let plain: PackageContents;
  let heic: PackageContents;

  beforeAll(async () => {
    [plain, heic] = await Promise.all([
      packageContents(PROJECT_ROOT, architecture),
      packageContents(PROJECT_ROOT, architecture, { heic: true }),
    ]);
  });

  const noticesOf = ({ files }: PackageContents): string => String(files.find(({ path }) => path === 'THIRD-PARTY-NOTICES.txt')?.content);

  test('contains no part of the HEIC decoder by default', () => {
    expect(plain.files.filter(({ path }) => path.startsWith('heic/'))).toEqual([]);
    expect(plain.libraries.map(({ name }) => name)).not.toContain('libheif-js');
    expect(noticesOf(plain)).not.toContain('libheif-js');
  });

  test('differs with HEIC only in the decoder and the notices', () => {
    const others = ({ files }: PackageContents) =>
      files.filter(({ path }) => !path.startsWith('heic/') && !path.startsWith('THIRD-PARTY')).map(digestOf);
    expect(others(heic)).toEqual(others(plain));
    const added = heic.files.filter(({ path }) => path.startsWith('heic/'));
    expect(added.map(({ path }) => path).toSorted()).toEqual(['heic/decoder.mjs', 'heic/libheif.wasm', 'heic/worker.mjs']);
  });

  test('has a decoder of at most half a megabyte', () => {
    const decoder = heic.files.filter(({ path }) => path.startsWith('heic/'));
    expect(zipOf(decoder).length).toBeLessThanOrEqual(HEIC_BYTES);
  });

  test('states the licence of libheif, its text, where its source is, and that it can be replaced', () => {
    const notices = noticesOf(heic);
    expect(notices).toContain('libheif-js@1.23.2: LGPL-3.0, https://github.com/catdad-experiments/libheif-js');
    expect(notices).toContain('heic/libheif.wasm, which you may replace');
    expect(notices).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
    expect(notices).toMatch(/GNU GENERAL PUBLIC LICENSE\s+Version 3/);
  });

  test('lists libheif and libde265 in its bill of materials', () => {
    const product = { name: 'image-processor', version: '1.0.0', sha256: '' };
    const bill = billOfMaterials(product, heic.libraries).components.find(({ name }) => name === 'libheif-js');
    expect(bill).toMatchObject({
      version: '1.23.2',
      licenses: [{ license: { id: 'LGPL-3.0' } }],
      components: [
        { name: 'libheif', version: '1.23.2' },
        { name: 'libde265', version: '1.0.15' },
      ],
    });
  });
});
