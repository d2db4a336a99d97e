import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';
import Table from 'cli-table3';
import sharp from 'sharp';
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

/** The machine that produced the figures. */
interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Load average over the last minute before the run; above the number of cores, figures are unreliable. */
  readonly loadBefore: number;
}

export async function thisMachine(): Promise<Machine> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const distribution = release.match(/^PRETTY_NAME="(.+)"$/m)?.[1] ?? type();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${distribution}, ${arch()}`,
    loadBefore: Number(loadavg()[0]?.toFixed(1)),
  };
}

/** Returns the versions of the compared programs, by name. */
export function versionsOf(installed: Readonly<Record<string, string>>): Record<string, string> {
  return { node: process.version, sharp: sharp.versions.sharp ?? 'unknown', libvips: sharp.versions.vips ?? 'unknown', ...installed };
}
