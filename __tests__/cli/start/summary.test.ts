import { describe, expect, test } from '@jest/globals';
import { faultOf, summarize } from '../../../cli/start/summary.ts';
import { FAILURES } from '../../../lambda-src/contract/outcome.ts';
import type { PhotoResult, RunResult } from '../../../local/run/run-result.ts';

const ESCAPE = String.fromCharCode(27);

function processed(key: string): PhotoResult {
  const output = { key: `resized/${key}`, width: 1024, height: 768, format: 'jpeg', bytes: 200_000, file: `/out/resized/${key}` } as const;
  return { key, status: 'processed', outputs: [output], milliseconds: 120, bytes: 4_000_000 };
}

function failed(key: string): PhotoResult {
  return { key, status: 'failed', failureCode: 'Corrupt', detail: 'premature end', outputs: [], milliseconds: 20, bytes: 1_000 };
}

function summary(photos: readonly PhotoResult[], { colours = false, ...run }: Partial<RunResult> & { colours?: boolean } = {}): string {
  return summarize({ preset: 'photo-sharing', photos, notifications: [], seconds: 2, ...run }, 'out/report.html', colours);
}

describe('the summary of a run', () => {
  test('ends with five lines of totals', () => {
    const notifications = [{ subject: 'One failed', message: '', attributes: {} }];
    const lines = summary([processed('a.jpg'), processed('b.jpg'), failed('c.jpg')], { notifications })
      .trimEnd()
      .split('\n');
    expect(lines.slice(-5)).toEqual([
      'processed 2 · failed 1',
      '8.0 MB → 400 kB (−95 %)',
      '2.0 seconds, 1.5 photos a second',
      '1 notification would have been mailed',
      'Report: out/report.html',
    ]);
  });

  test('explains missing renditions by the preset only if a photo was processed', () => {
    expect(summary([{ ...processed('a.jpg'), outputs: [] }])).toContain('nothing rendered: the preset has no renditions');
    expect(summary([failed('c.jpg')])).toMatch(/^nothing rendered$/m);
  });

  test('has a row for every photo', () => {
    expect(summary([processed('a.jpg')])).toMatch(/a\.jpg\s*│\s*processed\s*│\s*4\.0 MB\s*│\s*200 kB\s*│\s*−95 %\s*│\s*120 /);
  });

  test('says why a photo failed and what to do', () => {
    expect(summary([failed('c.jpg')])).toContain(
      `c.jpg: Corrupt. ${FAILURES.Corrupt.sentence} ${FAILURES.Corrupt.hint} Detail: premature end`,
    );
  });

  test('says why a photo was ignored', () => {
    const ignored: PhotoResult = { key: 'notes.txt', status: 'ignored', detail: 'wrong suffix', outputs: [], milliseconds: 0, bytes: 12 };
    expect(summary([ignored])).toContain('notes.txt: wrong suffix');
    expect(summary([ignored])).toContain('processed 0 · failed 0 · ignored 1');
  });

  test('cuts a long table and shows photos first that were not processed', () => {
    const photos = [...Array.from({ length: 200 }, (_, index) => processed(`${index}.jpg`)), failed('broken.jpg')];
    const text = summary(photos);
    expect(text).toMatch(/│ broken\.jpg/);
    expect(text).toContain('… and 161 more in the report');
  });

  test('has colours on request and otherwise no escape sequence', () => {
    expect(summary([processed('a.jpg')], { colours: true })).toContain(`${ESCAPE}[32mprocessed`);
    expect(summary([processed('a.jpg'), failed('b.jpg')])).not.toContain(ESCAPE);
  });

  test('escapes control characters in names', () => {
    const text = summary([failed(`${ESCAPE}[2J${ESCAPE}]0;title\u0007.jpg`)]);
    expect(text).not.toContain(ESCAPE);
    expect(text).toContain('\\u001b[2J');
  });
});

describe('a failure of the pipeline', () => {
  test('is reported with the first photo that ended in the dead-letter queue, and the reason', () => {
    const lost: PhotoResult = { ...failed('b.jpg'), status: 'deadLettered', failureCode: undefined, detail: 'Task timed out' };
    const fault = faultOf([processed('a.jpg'), lost, { ...lost, key: 'c.jpg' }]);
    expect(fault).toContain('The pipeline failed for 2 of 3 photos');
    expect(fault).toContain('dead-letter queue');
    expect(fault).toContain('The first was b.jpg: Task timed out');
    expect(summary([lost])).toContain('processed 0 · failed 0 · deadLettered 1');
  });

  test('is not reported for bad photos', () => {
    expect(faultOf([processed('a.jpg'), failed('b.jpg')])).toBeUndefined();
  });
});
