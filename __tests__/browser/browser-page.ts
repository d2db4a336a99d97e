import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { chromiumPath } from './chromium.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** A browser that reaches nothing but this machine. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath() ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
}

/** A page, and everything it complained about. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(url);
  await page.waitForSelector('h1');
  return { page, complaints };
}

/** Drops a file or a folder of this machine on the place for photos, as from the desktop. */
export async function dropFiles(page: Page, path: string): Promise<void> {
  const box = await page.locator('.drop').boundingBox();
  if (box === null) throw new Error('There is no place to drop photos on.');
  const place = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const session = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, ...place, data: { items: [], files: [path], dragOperationsMask: 1 } });
  }
  await session.detach();
}

/** What axe finds serious or worse, as `rule: place`. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Not as a script element, which the policy of the page refuses.
  await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate(async () => {
    const axe = Reflect.get(globalThis, 'axe');
    const { violations } = await axe.run();
    const serious = violations.filter(({ impact }: { impact: string }) => impact === 'serious' || impact === 'critical');
    return serious.flatMap(({ id, nodes }: { id: string; nodes: { target: string[] }[] }) => nodes.map(({ target }) => `${id}: ${target}`));
  });
}

/** Puts what the window shows into docs/, so that the pictures there are as new as the tests. Its bytes. */
export async function pictureForDocuments(page: Page, name: string): Promise<number> {
  const picture = await page.screenshot({ path: resolve(import.meta.dirname, '../../docs', name) });
  return picture.length;
}
