import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { makePhoto } from '../fixtures/photos.ts';
import { INTERRUPTED, provedBy, runDocumented } from './documented-command.ts';
import { workspace } from './workspace.ts';

/** The photos that the documentation mentions, by name. */
beforeAll(async () => {
  const { folder } = workspace();
  await Promise.all(['home/Pictures/holiday/day 1', 'photos'].map((name) => mkdir(join(folder, name), { recursive: true })));
  const photo = await makePhoto({ format: 'jpeg', width: 320, height: 240 });
  for (const name of ['home/Pictures/holiday/beach.jpg', 'home/Pictures/holiday/day 1/sea.jpg', 'photos/c.jpg', 'a.jpg'])
    await writeFile(join(folder, name), photo);
  await writeFile(join(folder, 'b.png'), await makePhoto({ format: 'png', width: 320, height: 240 }));
});

describe('The documentation', () => {
  test.each(provedBy('e2e'))('`$name` works', async ({ command, proof }) => {
    const { folder } = workspace();
    const left = proof.leaves === undefined ? undefined : join(folder, proof.leaves);
    if (left !== undefined) await rm(left, { recursive: true, force: true });

    const serves = command.text.includes('--serve');
    const { exitCode, output } = await runDocumented(command, {
      and: proof.and,
      env: { HOME: join(folder, 'home') },
      ...(serves && { whileRunning: { printed: /http:\/\/\S+(?=\s)/, act: isServed } }),
    });

    expect({ exitCode, output }).toEqual({ exitCode: serves ? INTERRUPTED : 0, output });
    if (proof.prints !== undefined) expect(output).toMatch(proof.prints);
    if (left !== undefined) expect(existsSync(left)).toBe(true);
  });
});

async function isServed(url: string): Promise<void> {
  expect((await fetch(url)).status).toBe(200);
}
