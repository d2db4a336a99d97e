import { type ChildProcess, fork } from 'node:child_process';
import { type Bound, scenariosOf } from './bounds.ts';
import { GUARANTEES, type Guarantee } from './reference-model.ts';
import type { Searched, Trail } from './search.ts';

export interface WorkerOrder {
  readonly bound: Bound;
  readonly scenario: number;
  /** Epoch milliseconds. */
  readonly until: number;
}

export interface WorkerAnswer {
  readonly scenario: number;
  readonly searched: Searched;
}

export interface Explored {
  readonly scenarios: number;
  /** Those that were searched to the end. */
  readonly complete: number;
  readonly states: number;
  readonly steps: number;
  readonly depth: number;
  readonly seconds: number;
  readonly checks: Readonly<Record<Guarantee, number>>;
  /** The shortest violation that was found. */
  readonly trail?: Trail | undefined;
  /** The first scenario that was not searched to the end, if the time was up. */
  readonly stoppedIn?: number | undefined;
}

/** Explores a bound with several processes. It ends early when a violation is found. */
export async function explore(
  bound: Bound,
  options: { processes: number; until: number; onProgress: (done: number, of: number, states: number) => void },
): Promise<Explored> {
  const started = performance.now();
  const { length } = scenariosOf(bound);
  const results = new Map<number, Searched>();
  let next = 0;
  let states = 0;
  const isOver = () => next >= length || Date.now() > options.until || [...results.values()].some(({ trail }) => trail !== undefined);
  const work = (child: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      const order = () => {
        if (isOver()) return resolve();
        child.send({ bound, scenario: next, until: options.until } satisfies WorkerOrder);
        next += 1;
      };
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`a process of the explorer ended with ${code}`)));
      child.on('message', ({ scenario, searched }: WorkerAnswer) => {
        results.set(scenario, searched);
        states += searched.states;
        options.onProgress(results.size, length, states);
        order();
      });
      order();
    });
  const children = Array.from({ length: options.processes }, () => fork(new URL('./explore-worker.ts', import.meta.url)));
  try {
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) child.disconnect();
  }
  return summaryOf(results, length, (performance.now() - started) / 1000);
}

function summaryOf(results: ReadonlyMap<number, Searched>, scenarios: number, seconds: number): Explored {
  const all = [...results.values()];
  const sum = (pick: (searched: Searched) => number) => all.reduce((total, searched) => total + pick(searched), 0);
  const trails = all.flatMap(({ trail }) => trail ?? []).sort((a, b) => a.sentences.length - b.sentences.length);
  const unfinished = Array.from({ length: scenarios }, (_, index) => index).find((index) => results.get(index)?.isComplete !== true);
  return {
    ...{ scenarios, seconds, trail: trails[0], stoppedIn: trails.length > 0 ? undefined : unfinished },
    complete: all.filter(({ isComplete }) => isComplete).length,
    states: sum(({ states }) => states),
    steps: sum(({ transitions }) => transitions),
    depth: Math.max(0, ...all.map(({ depth }) => depth)),
    checks: Object.fromEntries(
      GUARANTEES.map((guarantee) => [guarantee, sum(({ checks }) => checks[guarantee] ?? 0)]),
    ) as Explored['checks'],
  };
}
