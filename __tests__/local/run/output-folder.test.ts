import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OutputFolder } from '../../../local/run/output-folder.ts';

const JPEG = ['.jpg', '.jpeg'];
let root: string;
let output: OutputFolder;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'output-'));
  output = await OutputFolder.open(root);
});

afterEach(async () => {
  await output.close();
  await rm(root, { recursive: true });
});

/** Returns the reserved name, relative to the folder. */
function reserve(key: string, extensions?: readonly string[]): string {
  return relative(root, output.reserve(key, extensions));
}

describe('the name of a file', () => {
  test('is the key if that is safe', () => {
    expect(reserve('resized/phone/Grüße aus Köln + 1.JPG', JPEG)).toBe('resized/phone/Grüße aus Köln + 1.JPG');
  });

  test('gets the extension of its format if the key has another', () => {
    expect(reserve('resized/logo.png', JPEG)).toBe('resized/logo.png.jpg');
    expect(reserve('no extension', JPEG)).toBe('no extension.jpg');
  });

  test.each([
    ['../../etc/passwd.jpg', '_/_/etc/passwd.jpg'],
    ['/etc/./x.jpg', '_/etc/_/x.jpg'],
    ['a//b.jpg', 'a/_/b.jpg'],
    ['..\\..\\x.jpg', '__.._x.jpg'],
    ['line\nbreak\u001b[31m.jpg', 'line_break_[31m.jpg'],
    ['\u202egpj.exe.jpg', '_gpj.exe.jpg'],
    ['.hidden/x.jpg', '_hidden/x.jpg'],
    ['c:/x?.jpg', 'c_/x_.jpg'],
    ['lone \ud800 surrogate.jpg', 'lone _ surrogate.jpg'],
  ])('of the key %j is %s', (key, name) => {
    expect(reserve(key, JPEG)).toBe(name);
  });

  test('is shortened if it is too long for a file system and keeps its extension', async () => {
    const names = ['ä'.repeat(300), `${'ä'.repeat(300)}2`].map((stem) => output.reserve(`resized/${stem}.jpg`, JPEG));
    for (const name of names) await output.write(name, 'photo');
    expect(new Set(names).size).toBe(2);
    expect(names[0]).toMatch(/ä~[0-9a-f]{12}\.jpg$/);
  });

  test.each([
    ['that is taken', ['a?.jpg', 'a_.jpg']],
    ['that differs in letter case only', ['a.jpg', 'A.JPG']],
    ['that differs in the composition of accents only', ['\u00fc.jpg', 'u\u0308.jpg']],
    ['that is a folder', ['a.jpg/b.jpg', 'a.jpg']],
    ['whose folder is a file', ['a.jpg', 'a.jpg/b.jpg']],
  ])('is never one %s', async (_which, keys) => {
    const names = keys.map((key) => output.reserve(key, JPEG));
    for (const [index, name] of names.entries()) await output.write(name, String(index));
    expect(names.map((name) => name.normalize('NFC').toLowerCase())[1]).not.toBe(names[0]?.normalize('NFC').toLowerCase());
    expect(await Promise.all(names.map((name) => readFile(name, 'utf8')))).toEqual(['0', '1']);
  });

  test('does not collide with a key that anticipates the replacement name', async () => {
    const [, evasion = ''] = ['a.jpg', 'A.jpg'].map((key) => reserve(key, JPEG));
    await output.close();
    output = await OutputFolder.open(root);
    expect(new Set([evasion, 'a.jpg', 'A.jpg'].map((key) => reserve(key, JPEG))).size).toBe(3);
  });

  test('is never that of a protected file', async () => {
    await writeFile(join(root, 'mine.jpg'), 'mine');
    output.keep(join(root, 'mine.jpg'));
    await output.write(output.reserve('mine.jpg', JPEG), 'a rendition');
    expect(await readFile(join(root, 'mine.jpg'), 'utf8')).toBe('mine');
  });

  test('is inside the folder and unique, whatever the keys', () => {
    const key = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('..', '.', '/', '\\', 'a', '\0')).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 2, maxLength: 8 }), (keys) => {
        const names = keys.map((each) => reserve(each, JPEG));
        expect(names.filter((name) => name === '' || name.split(sep).includes('..') || name.startsWith(sep))).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('writing', () => {
  test('leaves only finished files once the folder is closed', async () => {
    await output.write(output.reserve('resized/a.jpg'), 'photo');
    await output.close();
    expect(await readdir(root, { recursive: true })).toEqual(['resized', 'resized/a.jpg']);
  });

  test('that fails leaves no file under the final name', async () => {
    const path = output.reserve('a.jpg');
    await output.close();
    await expect(output.write(path, 'photo')).rejects.toThrow('ENOENT');
    expect(existsSync(path)).toBe(false);
  });
});
