import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser, openPage, pictureForDocuments, seriousFindings } from './browser-page.ts';

let folder: string;
let report: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  report = pathToFileURL(join(folder, 'report.html')).href;
  const samples = promisify(execFile)(process.execPath, ['cli/launch.mjs', '--out', folder]);
  [browser] = await Promise.all([launchBrowser(), samples]);
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

describe.each(['light', 'dark'] as const)('the report of a run, when it is %s', (colorScheme) => {
  test('logs no error, requests nothing and has no serious axe violation', async () => {
    const { page, complaints } = await openPage(browser, report, { colorScheme });

    expect(await seriousFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

test('the report of a run fits a screen of 375 pixels', async () => {
  const { page } = await openPage(browser, report, { viewport: { width: 375, height: 812 } });

  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
  await page.context().close();
});

test('takes the screenshot of the report for the documentation', async () => {
  const { page } = await openPage(browser, report, { colorScheme: 'light', viewport: { width: 1280, height: 1470 } });

  expect(await page.innerText('h1')).toBe('10 of 11 photos processed');
  expect(await pictureForDocuments(page, 'report.png')).toBeGreaterThan(50_000);
  await page.context().close();
});
