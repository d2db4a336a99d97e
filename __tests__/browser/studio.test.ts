import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { makePhoto } from '../fixtures/photos.ts';
import { ServedStudio } from '../local/studio/served-studio.ts';
import { dropFiles, launchBrowser, openPage, pictureForDocuments, seriousFindings } from './browser-page.ts';

const HOSTILE = '<img src=x onerror=document.title="hacked">.jpg';

let files: string;
let studio: ServedStudio;
let browser: Browser;
let photo: Buffer;

beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'browser-'));
  [studio, browser, photo] = await Promise.all([ServedStudio.start(), launchBrowser(), makePhoto({ width: 1600, height: 1200 })]);
});

afterAll(async () => {
  await browser?.close();
  await studio?.interrupt();
  await rm(files, { recursive: true });
});

const jpeg = (name: string, buffer = photo) => ({ name, mimeType: 'image/jpeg', buffer });

/** The row of the newest event of a photo. */
const row = (page: Page, key: string) => page.locator('.recent-photo', { hasText: key }).first();
const outcome = (page: Page, key: string, word: string) => row(page, key).locator('.badge', { hasText: word }).waitFor();

describe('the studio page', () => {
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    ({ page, complaints } = await openPage(browser, studio.url, { colorScheme: 'light' }));
  });

  test('explains, before anything is uploaded, how good, bad, duplicate and late photos are processed', async () => {
    const text = await page.innerText('main');
    for (const words of [
      'Upload',
      'Claim',
      'Render',
      'Store',
      'Record',
      'Notify',
      'A bad file',
      'A duplicate',
      'A late event',
      'A crash',
      'Nothing yet',
    ]) {
      expect(text).toContain(words);
    }
    expect(text).toMatch(
      /aws --endpoint-url http:\/\/127\.0\.0\.1:\d+ s3 cp photo\.jpg s3:\/\/photo-uploads-photo-sharing-dev-000000000000\//,
    );
  });

  test('uploads several photos from its file input and shows the outcome of each', async () => {
    await page.setInputFiles('input[type=file]', [jpeg('one.jpg'), jpeg('two.JPG'), jpeg('cut.jpg', photo.subarray(0, 9_000))]);

    await outcome(page, 'one.jpg', 'processed');
    await outcome(page, 'two.JPG', 'processed');
    await outcome(page, 'cut.jpg', 'failed');
    expect(await row(page, 'one.jpg').locator('.steps .done').count()).toBe(5);
    expect(await page.locator('.gallery .photo').count()).toBe(2);
  });

  test('uploads dropped photos', async () => {
    const transfer = await page.evaluateHandle(`(() => {
      const dropped = new DataTransfer();
      const bytes = Uint8Array.from(atob('${photo.toString('base64')}'), (character) => character.charCodeAt(0));
      dropped.items.add(new File([bytes], 'dropped.jpg', { type: 'image/jpeg' }));
      return dropped;
    })()`);
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: transfer });

    await outcome(page, 'dropped.jpg', 'processed');
  });

  test.each([
    ['dropped', (folder: string) => dropFiles(page, folder)],
    ['chosen', (folder: string) => page.setInputFiles('#folder', folder)],
  ])('uploads a %s folder with its subfolders, each photo under its path, without hidden files', async (how, give) => {
    const folder = join(files, `${how} folder`);
    await mkdir(join(folder, 'sub/deeper'), { recursive: true });
    await writeFile(join(folder, 'top.jpg'), photo);
    await writeFile(join(folder, 'sub/deeper/Grüße.jpg'), photo);
    await writeFile(join(folder, 'sub/.hidden.jpg'), photo);

    await give(folder);

    await outcome(page, `${how} folder/top.jpg`, 'processed');
    await outcome(page, `${how} folder/sub/deeper/Grüße.jpg`, 'processed');
    await page.locator('.recent-photo.waiting, .recent-photo.working').waitFor({ state: 'detached' });
    expect(await page.locator('.recent-photo', { hasText: '.hidden' }).count()).toBe(0);
  });

  test('says why a photo failed and what to do about it', async () => {
    const failure = page.locator('.failure', { hasText: 'cut.jpg' });
    expect(await failure.innerText()).toMatch(/damaged or incomplete(.|\n)*Upload it again/);
    await page.locator('.mail summary', { hasText: 'cut.jpg' }).click();
    expect(await page.locator('.mail[open] pre').innerText()).toContain('cut.jpg');
  });

  test('shows a hostile name as text', async () => {
    await page.setInputFiles('input[type=file]', [jpeg(HOSTILE)]);

    await outcome(page, HOSTILE, 'processed');
    expect(await page.locator('main img[src=x]').count()).toBe(0);
    expect(await page.title()).toBe('Image pipeline studio');
  });

  test('shows a photo before and after, its renditions and its record, and then restores the focus', async () => {
    await page.locator('.photo', { hasText: 'one.jpg' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('dialog .record th', { hasText: /^Status$/ }).waitFor();
    await page.waitForFunction("[...document.querySelectorAll('dialog img')].every(({ naturalWidth }) => naturalWidth > 0)");

    const slider = page.locator('img-comparison-slider');
    expect(await slider.locator('img').count()).toBe(2);
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    const text = await page.innerText('dialog');
    expect(text).toContain('resized/one.jpg');
    expect(text).toContain('1024 × 768');
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toContain('one.jpg');
  });

  test.each([
    ['Send a bad file', 'studio/damaged.jpg', 'failed', 'damaged or incomplete'],
    ['Send a duplicate', '', 'duplicate', 'nothing is repeated'],
    ['Send a late event', '', 'superseded', 'came late'],
    ['Kill a worker', 'studio/killed at work.jpg', 'processed', 'the retry took over the claim'],
  ])('“%s” shows how the pipeline handles it', async (button, key, word, reason) => {
    await page.getByRole('button', { name: button, exact: true }).click();

    const shown = page.locator('.recent-photo', { hasText: reason }).filter({ hasText: key }).first();
    await shown.locator('.badge', { hasText: word }).waitFor();
    const card = page.locator('.fault').filter({ has: page.getByRole('button', { name: button, exact: true }) });
    expect(await card.locator('.result').innerText()).toMatch(new RegExp(`^${word}.*${key}.*${reason}`, 's'));
  });

  test('works by keyboard alone: the first Tabs reach the switches and the file inputs', async () => {
    await page.reload();
    await page.waitForSelector('h1');
    const reached: unknown[] = [];
    for (let presses = 0; presses < 6; presses++) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate('document.activeElement.id || document.activeElement.tagName'));
    }
    expect(reached).toEqual(expect.arrayContaining(['SELECT', 'BUTTON', 'files', 'folder']));
  });

  test.each(['light', 'dark'])('has no serious axe violation when it is %s', async (theme) => {
    const isDark = (await page.getByRole('button', { name: 'Dark' }).getAttribute('aria-pressed')) === 'true';
    if (isDark !== (theme === 'dark')) await page.getByRole('button', { name: 'Dark' }).click();
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe(theme);

    expect(await seriousFindings(page)).toEqual([]);
  });

  test('remembers the chosen theme', async () => {
    await page.reload();
    await page.waitForSelector('h1');
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(13, 17, 23)');
  });

  test('fits a screen of 375 pixels', async () => {
    await page.setViewportSize({ width: 375, height: 812 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
    await page.locator('.photo').first().click();
    await page.locator('dialog .record').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test('switches to another preset, with empty buckets', async () => {
    await page.selectOption('select', 'upload-processing');
    await page.locator('.endpoint code', { hasText: 'image-upload-bucket-dev' }).waitFor();

    await page.setInputFiles('input[type=file]', [jpeg('switched.jpg')]);

    await outcome(page, 'uploads/switched.jpg', 'processed');
    expect(await row(page, 'switched.jpg').locator('.steps .done').count()).toBe(6);
    await page.selectOption('select', 'photo-sharing');
    await page.locator('.endpoint code', { hasText: 'photo-uploads' }).waitFor();
  });

  test('logged no error or warning, and requested nothing from other hosts', () => {
    expect(complaints).toEqual([]);
  });
});

test('takes the screenshot of the page for the documentation', async () => {
  const { page } = await openPage(browser, studio.url, { colorScheme: 'light', viewport: { width: 1280, height: 1720 } });
  await page.getByRole('button', { name: 'Use sample photos' }).click();
  await page.locator('.counters', { hasText: 'failed1' }).waitFor();
  await page.getByRole('button', { name: 'Send a duplicate', exact: true }).click();
  await page.locator('.badge.duplicate').first().waitFor();
  await page.getByRole('button', { name: 'Kill a worker', exact: true }).click();
  await page.locator('.recent-photo', { hasText: 'the retry took over the claim' }).waitFor();
  await page.locator('.gallery').scrollIntoViewIfNeeded();
  await page.waitForFunction("document.querySelectorAll('.picture .loading').length === 0");
  await page.evaluate('scrollTo(0, 0)');

  expect(await pictureForDocuments(page, 'studio.png')).toBeGreaterThan(50_000);
  await page.context().close();
});
