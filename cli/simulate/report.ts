import { figure } from '../estimate/report.ts';
import { counted } from '../terminal/text.ts';
import type { Result, Scenario } from './simulation.ts';

/** Returns a simulated day as text. */
export function resultText(scenario: Scenario, result: Result): string {
  const { latencySeconds: latency } = result;
  const rows: [string, string][] = [
    ['Uploads', figure(result.uploads)],
    ['Processed', figure(result.processed)],
    ['In the dead-letter queue', figure(result.deadLetters)],
    ['Concurrent executions at most', figure(result.peakConcurrency)],
    ['Events that waited at most', figure(result.peakBacklog)],
    ['Oldest event when it reached the function', duration(result.oldestEventSeconds)],
    ['From upload to result', `${duration(latency.p50)} (median), ${duration(latency.p95)} (p95), ${duration(latency.max)} (maximum)`],
    ['From the last burst until nothing waited', duration(result.drainSeconds)],
    ['Throttled attempts', figure(result.throttledAttempts)],
    ['Failed attempts (DynamoDB, S3)', figure(result.failedAttempts)],
    ...(scenario.batchPhotos > 0 ? [['Batch job', duration(result.batchHours * 3600)] satisfies [string, string]] : []),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `${figure(scenario.imagesPerDay)} images a day, ${counted(scenario.bursts, 'burst')} of ${scenario.burstMinutes} minutes at ${figure(scenario.peakFactor)} times the average rate`,
    `${figure(scenario.milliseconds)} ms an image, ${figure(scenario.concurrency)} concurrent executions, seed ${scenario.seed}`,
    '',
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    '',
  ].join('\n');
}

/** Formats a duration with its largest unit: `0.6 s`, `12 min`, `5.9 h`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${figure(seconds)} s`;
  if (seconds < 7_200) return `${figure(seconds / 60)} min`;
  return `${figure(seconds / 3600)} h`;
}
