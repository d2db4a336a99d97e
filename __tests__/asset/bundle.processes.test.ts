import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { bundleHandler, bundleOptions } from '../../asset/bundle.ts';
import { buildLocalBundle } from '../../asset/local-bundle.ts';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { standInProject } from './stand-in-project.ts';

const execute = promisify(execFile);

/** Calls the handler under plain Node, which does not map stacks by itself, and returns its result, or a stack of its error. */
async function answerOf(entry: string, stackOf = 'error.stack'): Promise<string> {
  const call = `import(${JSON.stringify(pathToFileURL(entry).href)}).then(({ handler }) => handler()).then(console.log, (error) => console.log(${stackOf}))`;
  return (await execute(process.execPath, ['--input-type=module', '--eval', call])).stdout;
}

describe('a bundle', () => {
  let root: string | undefined;

  async function bundled(changes: Record<string, string>): Promise<string> {
    root = await standInProject(changes);
    return buildLocalBundle(root);
  }

  afterEach(async () => {
    if (root !== undefined) await rm(root, { recursive: true });
  });

  test('maps stack traces to our source lines and to libraries', async () => {
    const entry = await bundled({
      'lambda-src/handler.ts':
        "import { stumble } from 'library';\nexport async function handler(): Promise<never> {\n  return stumble();\n}",
      'node_modules/library/package.json': JSON.stringify({ main: 'stumble.js' }),
      'node_modules/library/stumble.js': "\n\n\nexports.stumble = () => {\n  throw new Error('stumbled');\n};",
    });

    const stack = await answerOf(entry);

    expect(stack).toContain('Error: stumbled');
    expect(stack).toContain(join('node_modules/library:'));
    expect(stack).toContain(join('lambda-src/handler.ts:3:'));
  });

  test('maps the stack of an error in code that is loaded on demand', async () => {
    const entry = await bundled({
      'lambda-src/handler.ts': "export async function handler() {\n  return (await import('./late.ts')).late();\n}",
      'lambda-src/late.ts': "\n\nexport const late = () => { throw new Error('too late'); };",
    });

    const stack = await answerOf(entry);

    expect(stack).toContain(join('lambda-src/late.ts:3:'));
    expect(stack).toContain(join('lambda-src/handler.ts:2:'));
  });

  test('maps the stack of a cause as well, and of an error while the handler loads', async () => {
    const failing = await bundled({
      'lambda-src/handler.ts':
        "export async function handler() {\n  throw new Error('outer', { cause: new Error('inner') });\n}\nexport const cause = true;",
    });
    expect(await answerOf(failing, 'error.cause.stack')).toContain(join('lambda-src/handler.ts:2:'));

    if (root !== undefined) await rm(root, { recursive: true });
    const unloadable = await bundled({ 'lambda-src/handler.ts': "\nthrow new Error('not configured');" });
    expect(await answerOf(unloadable)).toContain(join('lambda-src/handler.ts:2:'));
  });

  test('loads no HTTP client besides the one it uses', async () => {
    const entry = await bundled({
      'lambda-src/handler.ts':
        "import { get } from 'node:http';\nexport const handler = async () => [typeof get, process.moduleLoadList.some((name) => name.includes('undici/undici'))];",
    });

    expect(await answerOf(entry)).toContain("[ 'function', false ]");
  });

  test('lets CommonJS libraries require Node’s built-in modules', async () => {
    const entry = await bundled({
      'lambda-src/handler.ts': "import library from 'library';\nexport const handler = async () => library();",
      'node_modules/library/package.json': JSON.stringify({ main: 'index.js' }),
      'node_modules/library/index.js': "module.exports = () => require('path').posix.join('a', 'b');",
    });

    expect(await answerOf(entry)).toBe('a/b\n');
  });
});

describe('the bundle of this project', () => {
  let files: ReadonlyMap<string, Buffer>;

  beforeAll(async () => {
    files = new Map((await bundleHandler()).files.map(({ path, content }) => [path, content]));
  });

  const textOf = (path: string): string => files.get(path)?.toString() ?? '';

  test('needs only Node and sharp’s native code, all through `require`', async () => {
    const { outputs } = (await build({ ...bundleOptions(PROJECT_ROOT, 'lambda-src/handler.ts'), write: false, metafile: true })).metafile;
    const imported = Object.values(outputs).flatMap(({ imports }) => imports);

    expect(imported.length).toBeGreaterThan(5);
    // sharp asks for sharp-libvips-dev only when it is built from source.
    const needed = imported.filter(({ path, external }) => external && !path.startsWith('@img/sharp-libvips-dev/'));
    expect(needed.filter(({ path, kind }) => !isBuiltin(path) || kind !== 'require-call')).toEqual([]);
    expect([...files.values()].join('')).toContain('@img/sharp-linux-arm64/sharp.node');
  });

  test('is small, including its source maps', () => {
    const bytesOf = (ending: string) => [...files].reduce((sum, [path, { length }]) => sum + (path.endsWith(ending) ? length : 0), 0);

    expect(bytesOf('.mjs')).toBeLessThan(680_000);
    expect(bytesOf('.mjs.map')).toBeLessThan(90_000);
  });

  test('loads the SNS client, watermarks, animations, and what only browsers and event streams need, from separate files', () => {
    const paths = [...files.keys()].join(' ');

    for (const chunk of ['sns-notifier', 'watermark', 'animation', 'bowser', 'event-streams'])
      expect(paths).toMatch(new RegExp(`\\b${chunk}-\\w+\\.mjs`));
    expect(textOf('handler.mjs')).not.toContain('PublishBatch');
    expect([...files.values()].join('')).not.toContain('SemVer');
    expect([...files.values()].join('')).not.toContain('Samsung');
  });

  test('reveals nothing about the machine that built it', () => {
    for (const path of files.keys()) expect(textOf(path)).not.toContain(PROJECT_ROOT);
  });
});
