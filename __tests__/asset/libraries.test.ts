import { describe, expect, test } from '@jest/globals';
import { licenceNotices, type ShippedPackage } from '../../asset/libraries.ts';

function shipped(different: Partial<ShippedPackage>): ShippedPackage {
  return {
    name: 'library',
    version: '1.0.0',
    licence: 'MIT',
    source: 'https://example.com/library',
    licenceTexts: ['Do as you like.'],
    notices: [],
    contains: {},
    integrity: 'sha512-',
    ...different,
  };
}

describe('licence notices', () => {
  test('list every package with its version, licence and source', () => {
    const notices = licenceNotices([shipped({ name: 'a', version: '1.2.3' })], [shipped({ name: 'b', licence: 'Apache-2.0' })]);

    expect(notices).toContain('\na@1.2.3: MIT, https://example.com/library\nb@1.0.0: Apache-2.0, https://example.com/library\n');
  });

  test('contain a text once for all packages that include it, however it is wrapped', () => {
    const notices = licenceNotices([shipped({ name: 'a' }), shipped({ name: 'b', licenceTexts: ['Do as\n  you like.\n'] })], []);

    expect(notices.match(/Do as\s+you like/g)).toHaveLength(1);
    expect(notices).toContain(`${'='.repeat(80)}\na@1.0.0\nb@1.0.0\n${'='.repeat(80)}\n\nDo as you like.\n`);
  });

  test('contain what a package says about the libraries inside it', () => {
    expect(licenceNotices([], [shipped({ notices: ['## Licensing\n\nheif is in it.'] })])).toContain('heif is in it.');
  });

  test.each([
    ['Apache-2.0', 'Apache License'],
    ['LGPL-3.0-or-later', 'GNU LESSER GENERAL PUBLIC LICENSE'],
    // The LGPL supplements the GPL and requires both texts.
    ['LGPL-3.0-or-later', 'TERMS AND CONDITIONS'],
    ['MIT', 'Permission is hereby granted'],
    ['MIT-0', 'MIT No Attribution'],
  ])('hold the standard text of %s (“%s”) for a package that brings none', (licence, words) => {
    expect(licenceNotices([], [shipped({ licence, licenceTexts: [] })])).toContain(words);
  });

  test.each(['SSPL-1.0', '', 'LGPL-3.0-or-later', 'MIT OR SSPL-1.0'])(
    'are refused for bundled code under “%s”; the error names the package',
    (licence) => {
      expect(() => licenceNotices([shipped({ name: 'novel', licence })], [])).toThrow(
        expect.objectContaining({
          code: 'PACKAGE_FAILED',
          message: expect.stringContaining(`Cannot package novel@1.0.0: its licence is ${JSON.stringify(licence)}, and only `),
        }),
      );
    },
  );

  test('are refused for a shared library under an unknown licence; the error names the library', () => {
    expect(() => licenceNotices([], [shipped({ name: 'novel', licence: 'GPL-3.0-only' })])).toThrow('novel@1.0.0');
  });

  test('are refused if the text of a licence is missing', () => {
    expect(() => licenceNotices([shipped({ name: 'terse', licence: 'ISC', licenceTexts: [] })], [])).toThrow(
      'Cannot package terse@1.0.0: it does not include the text of its licence ISC. Add the text as asset/licences/ISC.txt',
    );
  });
});
