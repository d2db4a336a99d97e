import Table from 'cli-table3';
import type { Machine } from './machine.ts';
import type { SizedRun } from './right-sizing.ts';
import type { Row } from './row.ts';

/** All results of a run; also the JSON document. */
export interface Report {
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly rows: readonly Row[];
  /** Absent unless asked for. */
  readonly rightSizing?: readonly SizedRun[];
}

const HEAD = ['measure', 'target', 'median', 'min–max', 'reached'];

/** For a terminal. */
export function textReport({ machine, versions, rounds, rows }: Report): string {
  const table = new Table({
    head: HEAD,
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    colWidths: [62, null, null, null, 28],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map(cellsOf));
  return `${machineLine(machine)}\n${versionsLine(versions)}\n${rounds} rounds each\n${table}\n${verdict(rows)}\n`;
}

/** For docs/performance.md. */
export function markdownTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => `| ${cellsOf(row).join(' | ')} |`);
  return [`| ${HEAD.join(' | ')} |`, '|---|--:|--:|--:|---|', ...lines].join('\n');
}

export function machineLine({ cpu, cores, memoryGb, system, loadBefore }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}; load before: ${loadBefore}`;
}

export function versionsLine(versions: Report['versions']): string {
  return Object.entries(versions)
    .map(([name, version]) => (/[a-z]/i.test(version.slice(1)) ? version : `${name} ${version}`))
    .join(', ');
}

function cellsOf({ measure, unit, target, value, min, max, reached, notMeasured }: Row): string[] {
  const wanted = target === null ? '' : withUnit(target, unit);
  if (value === null) return [measure, wanted, '', '', `not measured: ${notMeasured}`];
  const spread = min === max ? '' : `${min}–${max}`;
  return [measure, wanted, withUnit(value, unit), spread, reached === null ? '' : reached ? 'yes' : 'no'];
}

function withUnit(figure: number | string, unit: Row['unit']): string {
  return unit === 'SSIM' ? String(figure) : `${figure} ${unit}`;
}

function verdict(rows: readonly Row[]): string {
  const count = (reached: boolean): number => rows.filter((row) => row.reached === reached).length;
  const unknown = rows.filter(({ target, value }) => target !== null && value === null).length;
  return `${count(true)} targets reached, ${count(false)} missed, ${unknown} not measured`;
}
