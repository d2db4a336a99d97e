import { createHash } from 'node:crypto';
import { appendFile, cp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ARCHITECTURES, architectureNamed } from '../../asset/architecture.ts';
import { bundleHandler } from '../../asset/bundle.ts';
import { createPackage, freshPackage } from '../../asset/create-package.ts';
import { runProgram } from '../started-program.ts';
import { addonPackage, keptPackage, lockPackages, nativeCode, standInProject, writeIn } from './stand-in-project.ts';

const ARM64 = architectureNamed('arm64');
const X86_64 = architectureNamed('x86_64');

const roots: string[] = [];

async function project(changes: Record<string, string | Buffer> = {}): Promise<string> {
  const root = await standInProject(changes);
  roots.push(root);
  return root;
}

afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true });
});

/** Returns the files in a zip's central directory, with DOS time and Unix mode. */
function entriesOf(zip: Buffer): { path: string; dosTime: number; mode: number }[] {
  const entries = [];
  let at = zip.indexOf('PK\x01\x02');
  while (at >= 0 && zip.toString('latin1', at, at + 4) === 'PK\x01\x02') {
    const nameLength = zip.readUInt16LE(at + 28);
    const path = zip.toString('utf8', at + 46, at + 46 + nameLength);
    entries.push({ path, dosTime: zip.readUInt32LE(at + 12), mode: zip.readUInt16LE(at + 40) });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

describe('a package', () => {
  test.each(ARCHITECTURES)('for $name contains only the bundle and the native code for that CPU', async (architecture) => {
    const { path, bytes, sha256 } = await createPackage(architecture, await project());
    const zip = await readFile(path);

    expect(path).toMatch(new RegExp(`[/\\\\]dist[/\\\\]image-processor-${architecture.name}\\.zip$`));
    expect(bytes).toBe(zip.length);
    expect(sha256).toBe(createHash('sha256').update(zip).digest('base64'));
    expect(entriesOf(zip).map((entry) => entry.path)).toEqual([
      'THIRD-PARTY-NOTICES.txt',
      'handler.mjs',
      'handler.mjs.map',
      'index.mjs',
      `node_modules/@img/sharp-libvips-linux-${architecture.nodeCpu}/lib/libvips-cpp.so.8.18.7`,
      `node_modules/@img/sharp-libvips-linux-${architecture.nodeCpu}/package.json`,
      `node_modules/@img/sharp-libvips-linux-${architecture.nodeCpu}/versions.json`,
      `node_modules/@img/sharp-linux-${architecture.nodeCpu}/index.cjs`,
      `node_modules/@img/sharp-linux-${architecture.nodeCpu}/lib/sharp.node`,
      `node_modules/@img/sharp-linux-${architecture.nodeCpu}/package.json`,
      'reconcile.mjs',
      'reconciler.mjs',
      'reconciler.mjs.map',
    ]);
  });

  test('has the same bytes whenever and wherever it is built from the same contents', async () => {
    const first = await project();
    const second = await project();
    await utimes(join(second, 'lambda-src/handler.ts'), 0, 0);

    const { sha256 } = await createPackage(ARM64, first);
    const bill = await readFile(join(first, 'dist/image-processor-arm64.cdx.json'), 'utf8');

    expect((await createPackage(ARM64, first)).sha256).toBe(sha256);
    expect((await createPackage(ARM64, second)).sha256).toBe(sha256);
    expect(await readFile(join(second, 'dist/image-processor-arm64.cdx.json'), 'utf8')).toBe(bill);
  });

  test('has the same bytes in every time zone', async () => {
    const script = `
      import { zipOf } from ${JSON.stringify(new URL('../../asset/create-package.ts', import.meta.url).href)};
      process.stdout.write(zipOf([{ path: 'a', content: Buffer.from('a') }]).toString('hex'));
    `;
    const zipIn = async (TZ: string): Promise<string> =>
      (await runProgram(['--input-type=module', '--eval', script], { ...process.env, TZ })).stdout;

    const zips = await Promise.all(['Pacific/Kiritimati', 'America/Los_Angeles'].map(zipIn));

    expect(zips[0]).toBe(zips[1]);
    expect(entriesOf(Buffer.from(zips[0] ?? '', 'hex'))).toEqual([{ path: 'a', dosTime: 0x00210000, mode: 0o100644 }]);
  });

  test('reveals nothing about the machine that built it', async () => {
    const root = await project();

    const files = new Map((await bundleHandler(root)).files.map(({ path, content }) => [path, content.toString()]));

    for (const content of files.values()) expect(content).not.toContain(root);
    expect(JSON.parse(files.get('handler.mjs.map') ?? '').sources).toEqual(['lambda-src/greeting.ts', 'lambda-src/handler.ts']);
  });

  test('is rejected if native code is for another CPU; the error names the file', async () => {
    const root = await project();
    await lockPackages(root, await keptPackage(root, addonPackage('arm64', nativeCode(X86_64))));

    await expect(createPackage(ARM64, root)).rejects.toMatchObject({
      code: 'PACKAGE_FAILED',
      message: expect.stringContaining('node_modules/@img/sharp-linux-arm64/lib/sharp.node is not native code for Linux on arm64'),
    });
  });

  test('is rejected if the handler does not compile; the error names the line', async () => {
    const root = await project({ 'lambda-src/greeting.ts': '\nexport const greeting = ;' });

    await expect(createPackage(ARM64, root)).rejects.toMatchObject({
      code: 'PACKAGE_FAILED',
      message: 'The handler cannot be bundled: Unexpected ";" (lambda-src/greeting.ts:2)',
    });
  });
});

describe('an existing package', () => {
  test('is fresh as long as nothing changes', async () => {
    const root = await project();
    const made = await createPackage(ARM64, root);

    expect(await freshPackage(ARM64, root)).toEqual(made);
  });

  test('is fresh for its own architecture only', async () => {
    const root = await project();
    await createPackage(ARM64, root);
    await cp(join(root, 'dist/image-processor-arm64.zip'), join(root, 'dist/image-processor-x86_64.zip'));
    await cp(join(root, 'dist/image-processor-arm64.json'), join(root, 'dist/image-processor-x86_64.json'));

    expect(await freshPackage(X86_64, root)).toBeUndefined();
  });

  test.each([
    ['a source file changed', (root: string) => appendFile(join(root, 'lambda-src/greeting.ts'), ' ')],
    ['a source file was added', (root: string) => writeIn(root, 'lambda-src/image/new.ts', '')],
    ['a source file was renamed', (root: string) => rename(join(root, 'lambda-src/greeting.ts'), join(root, 'lambda-src/greetings.ts'))],
    ['a library changed', (root: string) => appendFile(join(root, 'package-lock.json'), ' ')],
    ['the packaging code changed', (root: string) => appendFile(join(root, 'asset/bundle.ts'), ' ')],
    ['the zip was modified', (root: string) => appendFile(join(root, 'dist/image-processor-arm64.zip'), ' ')],
    ['the zip was deleted', (root: string) => rm(join(root, 'dist/image-processor-arm64.zip'))],
    ['its bill of materials was deleted', (root: string) => rm(join(root, 'dist/image-processor-arm64.cdx.json'))],
    ['its receipt was deleted', (root: string) => rm(join(root, 'dist/image-processor-arm64.json'))],
    ['its receipt is damaged', (root: string) => writeFile(join(root, 'dist/image-processor-arm64.json'), '{')],
  ])('is stale when %s', async (_, change) => {
    const root = await project();
    await createPackage(ARM64, root);

    await change(root);

    expect(await freshPackage(ARM64, root)).toBeUndefined();
  });
});
