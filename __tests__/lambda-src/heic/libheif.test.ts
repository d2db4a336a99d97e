import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { HEIF_LIBRARIES } from '../../../asset/heic-decoder.ts';
import { EXPORT_NAMES, IMPORT_NAMES, Libheif, LibheifError } from '../../../lambda-src/heic/libheif.ts';
import { libheifModule } from './libheif-module.ts';

const MEGABYTE = 1_000_000;

/** The JavaScript that comes with the WebAssembly, which knows both its long names and its short ones. */
const glue = readFileSync(createRequire(import.meta.url).resolve('libheif-js/libheif-wasm/libheif.js'), 'utf8');

describe('the short names', () => {
  const { memory, initialize, ...functions } = EXPORT_NAMES;

  test.each(Object.entries(functions))('of %s belongs to the build', (long, short) => {
    expect(glue).toContain(`._${long}=a.${short}`);
  });

  test('of the memory and the initialization belong to the build', () => {
    expect(glue).toMatch(new RegExp(`a=i\\.exports,\\w+=a\\.${memory},\\w+\\(\\),\\w+=a\\.\\w+,\\w+\\(a\\.${initialize}\\)`));
  });

  test.each<[keyof typeof IMPORT_NAMES, RegExp]>([
    ['__assert_fail', /Assertion failed/],
    ['__cxa_throw', /throw \w+\.init\(/],
    ['_abort_js', /^=\(\)=>\{\w+\(""\)\}/],
    ['_emscripten_memcpy_js', /^=\(\w+,\w+,\w+\)=>\w+\.copyWithin\(/],
    ['emscripten_resize_heap', /^=\w+=>\{var \w+=\w+\.length;\w+>>>=0/],
  ])('of the import %s belongs to the build', (name, code) => {
    const implementation = new RegExp(`[{,]${IMPORT_NAMES[name]}:(\\w+)[,}]`).exec(glue)?.[1];
    const [, definition = ''] = glue.split(new RegExp(`[ ,;]${implementation}(?==\\()|[ ,;]${implementation}(?==\\w+=>)`));
    expect(definition.slice(0, 200)).toMatch(code);
  });
});

test('the build contains the versions that the bill of materials states', () => {
  const heif = new Libheif(libheifModule(), 32 * MEGABYTE);
  expect({ libheif: heif.text(heif.call('heif_get_version')), libde265: heif.text(heif.call('de265_get_version')) }).toEqual(
    HEIF_LIBRARIES,
  );
});

test('memory that the decoder allocates is zeroed', () => {
  const heif = new Libheif(libheifModule(), 32 * MEGABYTE);
  const address = heif.allocate(1000);
  expect(heif.bytes.subarray(address, address + 1000).every((byte) => byte === 0)).toBe(true);
});

test('the decoder has the memory that it may have, and no more', () => {
  const heif = new Libheif(libheifModule(), 40 * MEGABYTE);
  heif.allocate(20 * MEGABYTE);
  expect(heif.ranOutOfMemory).toBe(false);
  expect(() => heif.allocate(20 * MEGABYTE)).toThrow(LibheifError);
  expect(heif.ranOutOfMemory).toBe(true);
  expect(heif.bytes.length).toBeLessThanOrEqual(40 * MEGABYTE);
});

test('an error of the library has its codes and its message', () => {
  const heif = new Libheif(libheifModule(), 32 * MEGABYTE);
  const context = heif.call('heif_context_alloc');
  expect(() => heif.attempt('heif_context_read_from_memory_without_copy', context, heif.allocate(100), 100, 0)).toThrow(
    expect.objectContaining({ name: 'LibheifError', code: 2, subcode: expect.any(Number), message: expect.stringMatching(/./) }),
  );
});
