import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { FAILURES } from '../../../lambda-src/contract/outcome.ts';
import { renderReport } from '../../../local/run/report.tsx';
import type { PhotoResult, Preview, RunResult } from '../../../local/run/run-result.ts';

const FOLDER = '/somewhere/out';
const RECIPE = deploymentOf('photo-sharing', 'dev', 'arm64').recipe;
const PREVIEW: Preview = {
  picture: { uri: 'data:image/webp;base64,UElDVFVSRQ==', width: 420, height: 315 },
  width: 4000,
  height: 3000,
  format: 'jpeg',
  changes: ['location removed'],
};

function processed(key: string): PhotoResult {
  const output = {
    key: `resized/${key}`,
    width: 1024,
    height: 768,
    format: 'jpeg',
    bytes: 200_000,
    file: `${FOLDER}/resized/${key}`,
  } as const;
  return { key, status: 'processed', outputs: [output], milliseconds: 120, bytes: 4_000_000, preview: PREVIEW };
}

function unpictured(key: string): PhotoResult {
  return { ...processed(key), preview: undefined };
}

function failed(key: string): PhotoResult {
  return { key, status: 'failed', failureCode: 'Corrupt', detail: 'premature end', outputs: [], milliseconds: 20, bytes: 1_000 };
}

function report(photos: readonly PhotoResult[], run: Partial<RunResult> = {}): string {
  return renderReport({ preset: 'photo-sharing', photos, notifications: [], seconds: 1.2, ...run }, RECIPE, FOLDER);
}

const ENTITIES = { lt: '<', gt: '>', quot: '"', amp: '&' };

/** Returns the text of a page, without markup. */
function textOf(page: string): string {
  const body = page.slice(page.indexOf('<body'));
  return body
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(lt|gt|quot|amp);/g, (_, name: keyof typeof ENTITIES) => ENTITIES[name])
    .replace(/\s+/g, ' ');
}

describe('the report', () => {
  test('summarizes the outcomes and the savings', () => {
    const text = textOf(report([processed('a.jpg'), processed('b.jpg'), failed('c.jpg')]));
    expect(text).toContain('2 of 3 photos processed');
    expect(text).toContain('−95 % 8.0 MB uploaded 400 kB delivered');
    expect(text).toContain('processed 2 failed 1 duplicate 0 superseded 0 gone 0 ignored 0');
  });

  test('shows a photo with its dimensions and sizes before and after, and the changes', () => {
    const page = report([processed('a.jpg')]);
    expect(textOf(page)).toContain('a.jpg Before 4000 × 3000 JPEG · 4.0 MB After 1024 × 768 JPEG · 200 kB −95 % location removed 120 ms');
    expect(page).toContain(`<img src="${PREVIEW.picture?.uri}" width="420" height="315" alt="a.jpg"`);
  });

  test('links a rendition relative to itself, so that the folder can be moved', () => {
    expect(report([processed('Grüße #1.jpg')])).toContain('href="resized/Gr%C3%BC%C3%9Fe%20%231.jpg"');
  });

  test('says why a photo failed and what to do about it', () => {
    const text = textOf(report([failed('c.jpg')]));
    expect(text).toContain(`c.jpg failed ${FAILURES.Corrupt.sentence} ${FAILURES.Corrupt.hint} Corrupt · 1.0 kB · premature end`);
  });

  test('distinguishes an event in the dead-letter queue from a failed photo', () => {
    const text = textOf(report([{ ...failed('c.jpg'), status: 'deadLettered', failureCode: undefined, detail: 'Task timed out' }]));
    expect(text).toContain('The pipeline failed, not the photo');
    expect(text).toContain('Task timed out');
  });

  test('lists photos without a picture in a table, and says why photos were ignored', () => {
    const ignored: PhotoResult = { key: 'notes.txt', status: 'ignored', detail: 'wrong suffix', outputs: [], milliseconds: 0, bytes: 12 };
    const text = textOf(report([processed('a.jpg'), unpictured('b.jpg'), ignored]));
    expect(text).toContain('Other photos 2');
    expect(text).toContain('b.jpg processed 4.0 MB 200 kB −95 %');
    expect(text).toContain('notes.txt ignored wrong suffix 12 B – –');
  });

  test('shows the notifications that would have been emailed', () => {
    const notifications = [{ subject: 'Photo failed: c.jpg', message: 'First line\nSecond line', attributes: {} }];
    const page = report([failed('c.jpg')], { notifications });
    expect(textOf(page)).toContain('Notifications 1 Photo failed: c.jpg First line Second line');
    expect(page).toContain('First line\nSecond line');
  });
});

test('the report shows 20 notifications and counts the rest', () => {
  const notifications = Array.from({ length: 100 }, (_, index) => ({ subject: `Mail ${index}.`, message: '', attributes: {} }));
  const text = textOf(report([], { notifications }));
  expect(text).toContain('Notifications 100 Mail 0.');
  expect(text).toContain('Mail 19. … and 80 more notifications');
  expect(text).not.toContain('Mail 20.');
});

describe('a hostile name', () => {
  const hostile = "<img src=x onerror=alert(1)>\" onload='alert(2)' &amp;.jpg";

  test.each([
    ['of a processed photo', [processed(hostile)], {}],
    ['of a photo in the table', [unpictured(hostile)], {}],
    ['of a failed photo and its detail', [{ ...failed(hostile), detail: hostile, preview: PREVIEW }], {}],
    ['in a notification', [], { notifications: [{ subject: hostile, message: hostile, attributes: {} }] }],
    ['of a preset', [], { preset: hostile }],
  ])('%s stays text', (_where, photos, run) => {
    const page = report(photos, run);
    expect(page).not.toContain('<img src=x');
    // An event handler would be a separate attribute, outside the quotes of another.
    expect(page.replace(/"[^"]*"/g, '""')).not.toMatch(/<[^>]* on\w+=/);
    expect(textOf(page)).toContain(hostile);
  });

  test('neither reverses the reading direction nor hides characters', () => {
    const text = textOf(report([failed('\u202egpj.exe\u0007.jpg')]));
    expect(text).toContain('\\u202egpj.exe\\u0007.jpg');
  });
});

describe('the page', () => {
  const page = report([processed('a.jpg'), failed('b.jpg')]);

  test('allows only its own style sheet and the pictures inside it', () => {
    const style = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? '';
    const digest = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(
      `content="default-src 'none'; img-src data:; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'"`,
    );
  });

  test('loads nothing, and has no script or inline style, which its policy would block', () => {
    expect(page).not.toMatch(/https?:|<script|<link|@import|url\(| style=/);
  });
});
