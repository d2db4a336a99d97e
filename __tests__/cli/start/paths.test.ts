import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { gatherInputs } from '../../../cli/start/paths.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inputs-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function files(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), name);
  }
}

/** The keys with their files, relative to the folder. */
async function gathered(paths: readonly string[], { leaveOut = 'out', prefix = '' } = {}): Promise<Record<string, string>> {
  const inputs = await gatherInputs(
    paths.map((path) => join(folder, path)),
    join(folder, leaveOut),
    prefix,
  );
  return Object.fromEntries(inputs.map(({ key, path }) => [key, path.slice(folder.length + 1)]));
}

test('a folder yields every file in it, under its relative path, sorted', async () => {
  await files('photos/b.jpg', 'photos/a.jpg', 'photos/sub/deep/c.JPG', 'photos/notes.txt', 'elsewhere/d.jpg');
  expect(Object.keys(await gathered(['photos']))).toEqual(['a.jpg', 'b.jpg', 'notes.txt', 'sub/deep/c.JPG']);
});

test('a file is uploaded under its name', async () => {
  await files('photos/sub/a.jpg');
  expect(await gathered(['photos/sub/a.jpg'])).toEqual({ 'a.jpg': 'photos/sub/a.jpg' });
});

test('hidden files and folders in a folder are skipped, unless they are given by name', async () => {
  await files('photos/.DS_Store', 'photos/.cache/a.jpg', 'photos/b.jpg');
  expect(Object.keys(await gathered(['photos', 'photos/.DS_Store']))).toEqual(['b.jpg', '.DS_Store']);
});

test('the output folder is skipped, unless it is given by name', async () => {
  await files('a.jpg', 'out/resized/a.jpg');
  expect(Object.keys(await gathered(['']))).toEqual(['a.jpg']);
  expect(Object.keys(await gathered(['out']))).toEqual(['resized/a.jpg']);
});

test('a file that is given twice is uploaded once', async () => {
  await files('photos/a.jpg');
  expect(Object.keys(await gathered(['photos', 'photos/a.jpg', 'photos/../photos']))).toEqual(['a.jpg']);
});

test('files of the same name from different folders get different keys', async () => {
  await files('one/a.jpg', 'two/a.jpg', 'three/a.jpg');
  expect(await gathered(['one', 'two', 'three/a.jpg'])).toEqual({
    'a.jpg': 'one/a.jpg',
    'a (2).jpg': 'two/a.jpg',
    'a (3).jpg': 'three/a.jpg',
  });
});

test('every key begins with the prefix of the trigger', async () => {
  await files('photos/a.jpg');
  expect(Object.keys(await gathered(['photos'], { prefix: 'uploads/' }))).toEqual(['uploads/a.jpg']);
});

test('links to folders are not followed, so that a cycle of links ends', async () => {
  await files('photos/a.jpg');
  await symlink(join(folder, 'photos'), join(folder, 'photos/again'));
  expect(Object.keys(await gathered(['photos']))).toEqual(['a.jpg']);
});

test('without paths there are no inputs', async () => {
  expect(await gathered([])).toEqual({});
});

test.each([
  ['missing', 'There is no file or folder "'],
  ['empty', 'has no files in it'],
  ['/dev/null', 'is neither a file nor a folder'],
])('an error names the unusable path %s', async (path, message) => {
  await mkdir(join(folder, 'empty/also empty'), { recursive: true });
  const refused = gatherInputs([path === '/dev/null' ? path : join(folder, path)], folder, '');
  await expect(refused).rejects.toMatchObject({ name: 'InputError', code: 'INVALID_INPUT' });
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toThrow(path);
});

test('an empty path is rejected, although it would resolve to the working directory', async () => {
  await expect(gatherInputs([''], 'out', '')).rejects.toThrow('A path is empty, perhaps because a variable has no value.');
});

test('a file that cannot be opened is rejected before any upload', async () => {
  await files('photos/a.jpg');
  // Node cannot open a file whose name is not UTF-8.
  await writeFile(Buffer.concat([Buffer.from(`${folder}/photos/`), Buffer.from([0xff]), Buffer.from('.jpg')]), 'photo');
  await expect(gathered(['photos'])).rejects.toThrow(
    /"[^"]*photos\/\ufffd\.jpg" cannot be read \(ENOENT\)\. Make it readable or leave it out\./,
  );
});
