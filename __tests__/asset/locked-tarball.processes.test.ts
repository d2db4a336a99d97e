import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runProgram } from '../started-program.ts';

/** Runs in a separate process, whose npm uses only the registry below. */
const SCRIPT = `
  import { lockedTarball, unpackTarball } from ${JSON.stringify(new URL('../../asset/locked-tarball.ts', import.meta.url).href)};
  const [name, integrity, folder] = process.argv.slice(1);
  try {
    unpackTarball(await lockedTarball(folder, name, { version: '1.0.0', integrity }), folder);
  } catch (error) {
    console.log(error.code, error.message);
  }
`;

let folder: string;
let registry: Server;
let integrity: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  await mkdir(join(folder, 'package/lib'), { recursive: true });
  await writeFile(join(folder, 'package/package.json'), JSON.stringify({ name: '@img/native', version: '1.0.0' }));
  await writeFile(join(folder, 'package/lib/native.node'), 'native code');
  await promisify(execFile)('tar', ['-czf', join(folder, 'native.tgz'), '-C', folder, 'package']);
  const tarball = await readFile(join(folder, 'native.tgz'));
  integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  registry = createServer((request, response) => {
    const { port } = registry.address() as AddressInfo;
    const dist = { tarball: `http://127.0.0.1:${port}/native.tgz`, integrity };
    if (request.url === '/native.tgz') response.end(tarball);
    else if (request.url === '/@img%2fnative') {
      response.end(JSON.stringify({ name: '@img/native', versions: { '1.0.0': { name: '@img/native', version: '1.0.0', dist } } }));
    } else response.writeHead(404).end('{}');
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
});

afterAll(async () => {
  registry.close();
  await rm(folder, { recursive: true });
});

async function download(name: string, expected: string, into: string): Promise<string> {
  const { port } = registry.address() as AddressInfo;
  await mkdir(join(folder, into));
  const env = { ...process.env, npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_cache: join(folder, 'cache') };
  const { stdout } = await runProgram(['--input-type=module', '--eval', SCRIPT, name, expected, join(folder, into)], env);
  return stdout.trim();
}

describe('a locked tarball', () => {
  test('is downloaded, cached and unpacked', async () => {
    expect(await download('@img/native', integrity, 'good')).toBe('');

    expect((await readdir(join(folder, 'good'))).toSorted()).toEqual(['lib', 'node_modules', 'package.json']);
    expect(await readdir(join(folder, 'good/node_modules/.cache/image-pipeline'))).toEqual(['@img-native-1.0.0.tgz']);
    expect(await readFile(join(folder, 'good/lib/native.node'), 'utf8')).toBe('native code');
  });

  test('is rejected unless it has the integrity from the lock file', async () => {
    expect(await download('@img/native', 'sha512-other', 'tampered')).toBe(
      `PACKAGE_FAILED @img/native@1.0.0 from the registry does not match package-lock.json: its integrity is ${integrity}, not sha512-other. Find out why before you trust either.`,
    );

    expect(await readdir(join(folder, 'tampered'))).toEqual([]);
  });

  test('that npm cannot download fails with npm’s reason', async () => {
    expect(await download('@img/missing', integrity, 'missing')).toMatch(
      /^PACKAGE_FAILED Cannot download @img\/missing@1\.0\.0, which this architecture needs: E404, 404 Not Found/,
    );
  });
});
