import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { makePhoto } from '../fixtures/photos.ts';
import { ServedStudio } from '../local/studio/served-studio.ts';
import { launchBrowser, openPage } from './browser-page.ts';

const PHOTOS = 500;
/** What the server may grow to, in bytes: 450 to 740 MB, depending on what else the machine does. */
const MOST_MEMORY = 900_000_000;

let studio: ServedStudio;
let browser: Browser;

beforeAll(async () => {
  [studio, browser] = await Promise.all([ServedStudio.start(), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await studio?.interrupt();
});

async function residentMemory(pid: number): Promise<number> {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

test(`${PHOTOS} photos at once all finish, while the page draws only recent ones and memory stays bounded; Ctrl-C then leaves no process`, async () => {
  const { page, complaints } = await openPage(browser, studio.url);
  const photo = (await makePhoto({ width: 1200, height: 900 })).toString('base64');
  await page.evaluate(`
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
    }).observe({ type: 'longtask' });
    globalThis.bytes = Uint8Array.from(atob('${photo}'), (character) => character.charCodeAt(0));
    globalThis.dropped = new DataTransfer();
    for (let index = 0; index < ${PHOTOS}; index++) dropped.items.add(new File([bytes], 'photo ' + index + '.jpg', { type: 'image/jpeg' }));
  `);
  // What the test itself did to make the files does not count.
  await page.waitForTimeout(500);
  await page.evaluate('globalThis.longest = 0');

  await page.dispatchEvent('.drop', 'drop', { dataTransfer: await page.evaluateHandle('dropped') });
  await page.locator('.counters', { hasText: `processed${PHOTOS}` }).waitFor({ timeout: 240_000 });

  const memory = await residentMemory(studio.pid);
  const longest = await page.evaluate('globalThis.longest');
  // How long a task takes depends on what else the machine does, so it is only printed. What makes tasks long is drawing all photos.
  process.stdout.write(`longest task ${longest} ms, server ${Math.round(memory / 1e6)} MB\n`);
  expect(memory).toBeLessThan(MOST_MEMORY);
  expect(await page.locator('.gallery .photo').count()).toBeLessThan(50);
  expect(complaints).toEqual([]);
  expect(await studio.interrupt()).toBe(0);
}, 280_000);
