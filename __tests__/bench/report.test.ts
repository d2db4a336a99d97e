import { describe, expect, test } from '@jest/globals';
import { chart, headlines, sizingTable, withSection } from '../../bench/documentation.ts';
import { missing } from '../../bench/peers.ts';
import { markdownTable, textReport } from '../../bench/report.ts';
import { costOf } from '../../bench/right-sizing.ts';
import { atLeast, atMost, type Row, rowOf } from '../../bench/row.ts';

const FASTER = rowOf({ measure: 'throughput vs A & B', unit: '×', target: atLeast(2), figures: { value: 3.1234, min: 1.5, max: 4 } });
const SLOWER = rowOf({ measure: 'scaling', unit: '×', target: atLeast(2), figures: { value: 1.5, min: 1, max: 1.75 } });
const SMALL = rowOf({ measure: 'memory', unit: 'MB', target: atMost(100), figures: { value: 100, min: 90, max: 110 } });
const ABSENT = rowOf({ measure: 'vs C', unit: '×', target: atLeast(1), notMeasured: 'needs Debian’s c-tools' });
const EXPLAINING = rowOf({ measure: 'of which', unit: 'ms', figures: { value: 5, min: 4, max: 6 } });
const ROWS: readonly Row[] = [FASTER, SLOWER, SMALL, ABSENT, EXPLAINING];

describe('rowOf', () => {
  test('rounds figures and says whether the target is reached', () => {
    expect(FASTER).toEqual({ measure: 'throughput vs A & B', unit: '×', target: '≥ 2', value: 3.12, min: 1.5, max: 4, reached: true });
    expect(SLOWER.reached).toBe(false);
  });

  test('counts a figure equal to the target as reached', () => {
    expect(SMALL).toMatchObject({ target: '≤ 100', reached: true });
  });

  test('has the reason instead of figures if nothing was measured', () => {
    expect(ABSENT).toMatchObject({ value: null, min: null, max: null, reached: null, notMeasured: 'needs Debian’s c-tools' });
  });

  test('has no verdict without a target', () => {
    expect(EXPLAINING).toMatchObject({ target: null, reached: null });
  });
});

describe('missing', () => {
  test('names the Debian package of each missing peer', () => {
    expect(missing({ taskset: '2.38' }, ['pillow', 'taskset'])).toBe('needs Debian’s python3-pil');
  });

  test('is undefined if all peers are installed', () => {
    expect(missing({ pillow: '9.4.0' }, ['pillow'])).toBeUndefined();
  });
});

describe('the table', () => {
  const machine = { cpu: 'A CPU', cores: 2, memoryGb: 4, system: 'Linux', loadBefore: 0.1 };
  const text = textReport({ machine, versions: { node: 'v20.0.0', sharp: '0.35.5' }, rounds: 9, rows: ROWS });

  test('starts with the machine, the versions and the rounds', () => {
    expect(text.split('\n').slice(0, 3)).toEqual([
      'A CPU, 2 cores, 4 GB, Linux; load before: 0.1',
      'node v20.0.0, sharp 0.35.5',
      '9 rounds each',
    ]);
  });

  test('counts targets reached, missed and not measured', () => {
    expect(text.trim().split('\n').at(-1)).toBe('2 targets reached, 1 missed, 1 not measured');
  });

  test('has the same cells in Markdown', () => {
    const lines = markdownTable(ROWS).split('\n').slice(2);
    expect(lines[0]).toBe('| throughput vs A & B | ≥ 2 × | 3.12 × | 1.5–4 | yes |');
    expect(lines[3]).toBe('| vs C | ≥ 1 × |  |  | not measured: needs Debian’s c-tools |');
    expect(lines[4]).toBe('| of which |  | 5 ms | 4–6 |  |');
  });
});

describe('the chart', () => {
  test('has a bar for every measured ratio and nothing else', () => {
    const drawn = chart(ROWS);
    expect(drawn).toContain('>vs A &amp; B<');
    expect(drawn).toContain('3.12 ×');
    expect(drawn).not.toContain('vs C');
    expect(drawn).not.toContain('memory');
  });
});

describe('the documentation', () => {
  test('gets figures between two marks and keeps the rest', () => {
    const page = 'before\n<!-- rows -->\nold\n<!-- /rows -->\nafter';
    expect(withSection(page, 'rows', 'new')).toBe('before\n<!-- rows -->\nnew\n<!-- /rows -->\nafter');
  });

  test('is not written without the marks', () => {
    expect(() => withSection('a page', 'rows', 'new')).toThrow('no section');
  });

  test('shows the rows that the README lists, with the machine and the command', () => {
    const shown = headlines(ROWS, ['memory', 'scaling'], 'A CPU');
    expect(shown.split('\n').slice(2)).toEqual([
      ...markdownTable([SMALL, SLOWER]).split('\n').slice(2),
      '',
      'Measured by `npm run bench` on A CPU.',
    ]);
  });

  test('must have every row that the README lists', () => {
    expect(() => headlines(ROWS, ['speed'], 'A CPU')).toThrow('the README lists "speed", which was not measured');
  });

  test('lists the cost of memory by preset', () => {
    const run = { preset: 'media-thumbnails', memoryMb: 1024, cpus: 0.58, milliseconds: 100, dollarsPerThousand: 0.0015 } as const;
    expect(sizingTable([run]).split('\n').at(-1)).toMatch(/^\| 1024 \| {2}\| 100 ms, \$0\.0015 \|( {2}\|)+$/);
  });
});

describe('costOf', () => {
  test('bills memory by the millisecond, plus the request', () => {
    // 1 GB for 0.1 s at $0.0000133334 and $0.20 per million requests, a thousand times.
    expect(costOf(1024, 99.2)).toBeCloseTo(0.00153334, 8);
  });
});
