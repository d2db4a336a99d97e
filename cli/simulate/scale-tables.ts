import { figure } from '../estimate/report.ts';
import { markdownTable } from '../estimate/scale-tables.ts';
import { duration } from './report.ts';
import { type Result, type Scenario, simulate } from './simulation.ts';

/** The load under which events are lost and batch jobs run. */
const MILLION = 1_000_000;

/** Completes a scenario of the preset that docs/scale.md shows. */
type Complete = (changes: Partial<Scenario>) => Scenario;

/** Returns the simulated tables of docs/scale.md, in Markdown. */
export function simulationTables(complete: Complete): string {
  return `${[burstTable(complete), lossTable(complete), batchTable(complete)].join('\n\n')}\n`;
}

const PREPARED = { prefixes: 4, warmWrites: 25_000 };

const BURSTS: readonly Partial<Scenario>[] = [
  { imagesPerDay: 1_000 },
  { imagesPerDay: 100_000 },
  { imagesPerDay: MILLION },
  { imagesPerDay: 10 * MILLION },
  { imagesPerDay: 10 * MILLION, concurrency: 1_000 },
  { imagesPerDay: 86_400_000, concurrency: 1_000 },
  { imagesPerDay: 86_400_000, concurrency: 6_000 },
  { imagesPerDay: 86_400_000, concurrency: 6_000, ...PREPARED },
];

function burstTable(complete: Complete): string {
  return markdownTable(
    [
      'images a day',
      'concurrency',
      'prepared',
      'executions at most',
      'events waiting at most',
      'oldest event',
      'upload to result: median / p95',
      'drained after the last burst',
      'dead letters',
    ],
    BURSTS.map((changes) => {
      const scenario = complete(changes);
      const result = simulate(scenario);
      return [
        figure(scenario.imagesPerDay),
        figure(scenario.concurrency),
        changes.prefixes === undefined ? 'no' : `${scenario.prefixes} prefixes, ${figure(scenario.warmWrites)} write units`,
        figure(result.peakConcurrency),
        figure(result.peakBacklog),
        duration(result.oldestEventSeconds),
        latencies(result),
        duration(result.drainSeconds),
        figure(result.deadLetters),
      ];
    }),
  );
}

function latencies({ latencySeconds: { p50, p95 } }: Result): string {
  return `${duration(p50)} / ${duration(p95)}`;
}

/** Share of the events that are lost, and the hours between reconciliations. */
const LOSSES = [
  [0.01, 1],
  [0.01, 6],
  [0.01, 24],
  [0.25, 24],
] as const;

function lossTable(complete: Complete): string {
  return markdownTable(
    ['events lost', 'reconciliation every', 'upload to result: median / p95', 'maximum', 'photos without a result'],
    LOSSES.map(([lostShare, reconcileHours]) => {
      const result = simulate(complete({ imagesPerDay: MILLION, lostShare, reconcileHours }));
      const missing = result.uploads - result.processed - result.deadLetters;
      return [
        `${lostShare * 100} %`,
        duration(reconcileHours * 3600),
        latencies(result),
        duration(result.latencySeconds.max),
        figure(missing),
      ];
    }),
  );
}

function batchTable(complete: Complete): string {
  const jobs: readonly (readonly [batchPhotos: number, batchConcurrency: number])[] = [
    [MILLION, 50],
    [10 * MILLION, 50],
    [100 * MILLION, 500],
  ];
  return markdownTable(
    ['photos of the job', 'its concurrency', 'duration', 'uploads meanwhile: median / p95', 'dead letters'],
    jobs.map(([batchPhotos, batchConcurrency]) => {
      const result = simulate(complete({ imagesPerDay: MILLION, batchPhotos, batchConcurrency }));
      return [
        figure(batchPhotos),
        figure(batchConcurrency),
        duration(result.batchHours * 3600),
        latencies(result),
        figure(result.deadLetters),
      ];
    }),
  );
}
