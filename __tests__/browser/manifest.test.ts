import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { buildLocalBundle } from '../../asset/local-bundle.ts';
import { deploymentOf } from '../../config/deployments.ts';
import { responsiveSet } from '../../config/responsive-set.ts';
import { parseSettings } from '../../config/settings.ts';
import { closeServer, listenOnLoopback } from '../../local/aws/loopback.ts';
import { type LocalPipeline, startLocalPipeline } from '../../local/local-pipeline.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { launchBrowser, openPage } from './browser-page.ts';

const KEY = 'holiday/été & 50% #1.jpg';
const settings = parseSettings({
  ...deploymentOf('photo-sharing', 'dev', 'x86_64'),
  recipe: { manifest: true, renditions: responsiveSet({ name: 'photo', widths: [200, 400, 800] }) },
});

let pipeline: LocalPipeline;
let site: Server;
let url: string;
let browser: Browser;

beforeAll(async () => {
  [pipeline, browser] = await Promise.all([
    startLocalPipeline({ settings, workers: 1, bundle: await buildLocalBundle() }),
    launchBrowser(),
  ]);
  site = createServer((request, response) => void serve(request.url ?? '', response));
  url = await listenOnLoopback(site);
});

afterAll(async () => {
  await browser?.close();
  await pipeline?.close();
  await closeServer(site);
});

/** Serves a page with the function of docs/manifests.md, and the bucket of the renditions below `files/`. */
async function serve(path: string, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(path, 'http://any');
  try {
    if (!pathname.startsWith('/files/')) {
      response.setHeader('content-type', 'text/html').end(pathname === '/' ? await page() : '');
      return;
    }
    const key = decodeURIComponent(pathname.slice('/files/'.length));
    const type = `image/${key.split('.').at(-1)}`;
    response.setHeader('content-type', key.endsWith('.json') ? 'application/json' : type).end(await pipeline.readRendition(key));
  } catch {
    response.writeHead(404).end();
  }
}

async function page(): Promise<string> {
  const code = (await readFile('docs/manifests.md', 'utf8')).match(/^```js\n(.*?)^```$/ms)?.[1] ?? '';
  return `<!doctype html><link rel="icon" href="data:,"><h1>Photo</h1><script type="module">${code}; globalThis.pictureElement = pictureElement;</script>`;
}

/** Shows the photo on a page as wide as the window, and returns what the browser made of it. */
async function shown(viewport: { width: number; height: number }, photoKey: string) {
  const { page: tab, complaints } = await openPage(browser, `${url}/`, { viewport });
  const manifestUrl = `${url}/files/manifests/${photoKey.split('/').map(encodeURIComponent).join('/')}.json`;
  const picture = await tab.evaluate(
    async ([manifestAt, base]) => {
      const manifest = await (await fetch(manifestAt ?? '')).json();
      const element = Reflect.get(globalThis, 'pictureElement')(manifest, { base, set: 'photo', alt: 'a beach' });
      if (element === undefined) return undefined;
      Reflect.get(globalThis, 'document').body.append(element);
      const image = element.querySelector('img');
      await image.decode();
      const { currentSrc, alt } = image;
      // The width of a picture chosen from a set is divided by its density.
      const loaded = await Reflect.get(globalThis, 'createImageBitmap')(await (await fetch(currentSrc)).blob());
      return { currentSrc, alt, width: loaded.width, sources: element.querySelectorAll('source').length };
    },
    [manifestUrl, `${url}/files/`],
  );
  await tab.context().close();
  return { picture, complaints };
}

describe('the function of docs/manifests.md', () => {
  test.each([
    [180, 200],
    [390, 400],
    [800, 800],
  ])('shows a photo in a window of %d pixels at a width of %d, in the best format', async (windowWidth, width) => {
    const { status } = await pipeline.submit({ key: KEY, body: await makePhoto({ width: 1600, height: 1200 }), contentType: 'image/jpeg' });
    expect(status).toBe('processed');

    const { picture, complaints } = await shown({ width: windowWidth, height: 600 }, KEY);
    expect(complaints).toEqual([]);
    expect(picture).toMatchObject({ alt: 'a beach', width, sources: 2 });
    expect(picture?.currentSrc).toMatch(new RegExp(`/files/photo/holiday/.*/${width}\\.avif\\?v=[0-9a-f]{16}$`));
  });

  test('shows the last good version of a photo after a damaged upload, and nothing without one', async () => {
    const damaged = Buffer.from('not a photo');
    await pipeline.submit({ key: 'good-first.jpg', body: await makePhoto({ width: 800, height: 600 }), contentType: 'image/jpeg' });
    for (const key of ['good-first.jpg', 'never-good.jpg']) {
      expect(await pipeline.submit({ key, body: damaged, contentType: 'image/jpeg' })).toMatchObject({ status: 'failed' });
    }

    expect((await shown({ width: 390, height: 600 }, 'good-first.jpg')).picture).toMatchObject({ width: 400 });
    expect((await shown({ width: 390, height: 600 }, 'never-good.jpg')).picture).toBeUndefined();
  });
});
