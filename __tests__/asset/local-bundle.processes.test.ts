import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { buildLocalBundle } from '../../asset/local-bundle.ts';
import { standInProject } from './stand-in-project.ts';

let root: string;

beforeEach(async () => {
  root = await standInProject();
});

afterEach(() => rm(root, { recursive: true }));

describe('the bundle for this machine', () => {
  test('exports the handler from the entry module', async () => {
    const entry = await buildLocalBundle(root);

    const { handler } = await import(pathToFileURL(entry).href);

    expect(await handler()).toBe('hello');
  });

  test('contains the reconciler as a second entry module', async () => {
    const entry = await buildLocalBundle(root);

    const { handler } = await import(pathToFileURL(join(entry, '../reconcile.mjs')).href);

    expect(await handler()).toBe('reconciled');
  });

  test('is rebuilt only after a change', async () => {
    const entry = await buildLocalBundle(root);
    const { mtimeMs } = await stat(entry);

    await buildLocalBundle(root);
    expect((await stat(entry)).mtimeMs).toBe(mtimeMs);

    await writeFile(join(root, 'lambda-src/greeting.ts'), "export const greeting = 'good morning';");
    await buildLocalBundle(root);
    expect(await readFile(join(entry, '../handler.mjs'), 'utf8')).toContain('good morning');
  });

  test('can be built by several callers at once without leaving temporary files', async () => {
    const entries = await Promise.all([buildLocalBundle(root), buildLocalBundle(root), buildLocalBundle(root)]);

    expect(new Set(entries).size).toBe(1);
    expect((await readdir(join(root, 'dist/image-processor-local'))).toSorted()).toEqual([
      'fingerprint.txt',
      'handler.mjs',
      'handler.mjs.map',
      'index.mjs',
      'reconcile.mjs',
      'reconciler.mjs',
      'reconciler.mjs.map',
    ]);
  });
});
