import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'launch-'));
  await mkdir(join(root, 'cli'));
  await writeFile(join(root, 'package-lock.json'), '{}');
  await copyFile(join(PROJECT_ROOT, 'cli/launch.mjs'), join(root, 'cli/launch.mjs'));
  await symlink(join(PROJECT_ROOT, 'node_modules'), join(root, 'node_modules'));
});

afterAll(() => rm(root, { recursive: true }));

function write(name: string, code: string): Promise<void> {
  return writeFile(join(root, 'cli', name), code);
}

async function launch(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [join(root, 'cli/launch.mjs'), ...args])).stdout.trim();
}

test('runs the command with its arguments, and runs the new one when a module changed', async () => {
  await write('word.ts', "export const word: string = 'one';");
  await write('start.ts', "const { word } = await import('./word.ts');\nconsole.log(word, process.argv.slice(2).join());");
  expect(await launch('a', 'b')).toBe('one a,b');
  const [chunks, bundled] = [await readdir(join(root, 'dist/cli')), await stat(join(root, 'dist/cli/start.mjs'))];

  expect(await launch()).toBe('one');
  expect((await stat(join(root, 'dist/cli/start.mjs'))).mtimeMs).toBe(bundled.mtimeMs);

  await write('word.ts', "export const word: string = 'another';");
  expect(await launch()).toBe('another');
  expect(await readdir(join(root, 'dist/cli'))).toHaveLength(chunks.length);
});

test('gives modules the URL of their source, so that they find the files beside them', async () => {
  await write('start.ts', 'console.log(import.meta.url);');

  expect(await launch()).toBe(pathToFileURL(join(root, 'cli/start.ts')).href);
});

test('serves commands that start at the same time', async () => {
  await write('start.ts', "import { word } from './word.ts';\nconsole.log(word);");

  expect(await Promise.all([launch(), launch(), launch()])).toEqual(['another', 'another', 'another']);
});
