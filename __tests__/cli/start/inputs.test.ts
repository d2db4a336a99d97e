import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { gatherInputs } from '../../../cli/start/inputs.ts';

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

/** Keys and the files behind them, relative to the folder. */
async function gathered(paths: readonly string[], { leaveOut = 'out', prefix = '' } = {}): Promise<Record<string, string>> {
  const inputs = await gatherInputs(
    paths.map((path) => join(folder, path)),
    join(folder, leaveOut),
    prefix,
  );
  return Object.fromEntries(inputs.map(({ key, path }) => [key, path.slice(folder.length + 1)]));
}

test('a folder gives every file inside, by its path below the folder, in order', async () => {
  await files('photos/b.jpg', 'photos/a.jpg', 'photos/sub/deep/c.JPG', 'photos/notes.txt', 'elsewhere/d.jpg');
  expect(Object.keys(await gathered(['photos']))).toEqual(['a.jpg', 'b.jpg', 'notes.txt', 'sub/deep/c.JPG']);
});

test('a file gives itself, by its name', async () => {
  await files('photos/sub/a.jpg');
  expect(await gathered(['photos/sub/a.jpg'])).toEqual({ 'a.jpg': 'photos/sub/a.jpg' });
});

test('hidden files and folders of a folder are left out, a hidden file that is named is not', async () => {
  await files('photos/.DS_Store', 'photos/.cache/a.jpg', 'photos/b.jpg');
  expect(Object.keys(await gathered(['photos', 'photos/.DS_Store']))).toEqual(['b.jpg', '.DS_Store']);
});

test('the output folder is not searched, unless it is what was asked for', async () => {
  await files('a.jpg', 'out/resized/a.jpg');
  expect(Object.keys(await gathered(['']))).toEqual(['a.jpg']);
  expect(Object.keys(await gathered(['out']))).toEqual(['resized/a.jpg']);
});

test('a file that is given twice is uploaded once', async () => {
  await files('photos/a.jpg');
  expect(Object.keys(await gathered(['photos', 'photos/a.jpg', 'photos/../photos']))).toEqual(['a.jpg']);
});

test('files of one name from different folders get keys of their own', async () => {
  await files('one/a.jpg', 'two/a.jpg', 'three/a.jpg');
  expect(await gathered(['one', 'two', 'three/a.jpg'])).toEqual({
    'a.jpg': 'one/a.jpg',
    'a (2).jpg': 'two/a.jpg',
    'a (3).jpg': 'three/a.jpg',
  });
});

test('the prefix of the trigger is put before every key', async () => {
  await files('photos/a.jpg');
  expect(Object.keys(await gathered(['photos'], { prefix: 'uploads/' }))).toEqual(['uploads/a.jpg']);
});

test('links to folders are not followed, so that a circle of them ends', async () => {
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
])('the path %s is refused by name', async (path, message) => {
  await mkdir(join(folder, 'empty/also empty'), { recursive: true });
  const refused = gatherInputs([path === '/dev/null' ? path : join(folder, path)], folder, '');
  await expect(refused).rejects.toMatchObject({ name: 'InputError', code: 'INVALID_INPUT' });
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toThrow(path);
});

test('an empty path is refused, which would be the folder one stands in', async () => {
  await expect(gatherInputs([''], 'out', '')).rejects.toThrow('A path is empty, perhaps a variable without a value.');
});

test('a file that cannot be opened is refused before anything is uploaded', async () => {
  await files('photos/a.jpg');
  // A name that is not UTF-8 cannot be opened by the name that the folder lists.
  await writeFile(Buffer.concat([Buffer.from(`${folder}/photos/`), Buffer.from([0xff]), Buffer.from('.jpg')]), 'photo');
  await expect(gathered(['photos'])).rejects.toThrow(
    /"[^"]*photos\/\ufffd\.jpg" cannot be read \(ENOENT\)\. Make it readable or leave it out\./,
  );
});
