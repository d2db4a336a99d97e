import { beforeAll, describe, expect, test } from '@jest/globals';
import { ARCHITECTURES, architectureNamed } from '../../asset/architecture.ts';
import { type PackageContents, packageContents } from '../../asset/create-package.ts';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';

const ARCHITECTURE = ARCHITECTURES.find(({ nodeCpu }) => nodeCpu === process.arch) ?? architectureNamed('x86_64');

let contents: PackageContents;
let notices: string;

beforeAll(async () => {
  contents = await packageContents(PROJECT_ROOT, ARCHITECTURE);
  notices = contents.files.find(({ path }) => path === 'THIRD-PARTY-NOTICES.txt')?.content.toString() ?? '';
});

describe('the package of this project', () => {
  test('lists every library in it with its licence and source', () => {
    expect(contents.libraries.length).toBeGreaterThan(25);
    for (const { name, version, licence, source } of contents.libraries) {
      expect(source).toMatch(/^\w+:\/\/\w/);
      expect(notices).toContain(`\n${name}@${version}: ${licence}, ${source}\n`);
    }
  });

  test('lists the libraries that are known to be in it', () => {
    const names = contents.libraries.map(({ name }) => name);

    expect(names).toEqual(expect.arrayContaining(['sharp', 'zod', 'thumbhash', '@aws-sdk/client-s3', '@smithy/core']));
    expect(names).toEqual(expect.arrayContaining(['', '-libvips'].map((part) => `@img/sharp${part}-linux-${ARCHITECTURE.nodeCpu}`)));
  });

  test('includes the LGPL, the GPL that it supplements, and the licences inside libvips', () => {
    expect(notices).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
    expect(notices).toContain('GNU GENERAL PUBLIC LICENSE\n                       Version 3');
    expect(notices).toMatch(/\| libheif +\| LGPLv3/);
  });

  test('reveals nothing about the machine that built it', () => {
    expect(notices).not.toContain(PROJECT_ROOT);
  });
});
