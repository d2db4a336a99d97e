import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Outcome } from '../../lambda-src/contract/outcome.ts';
import { Observer } from '../../lambda-src/observer.ts';

const PROCESSED: Outcome = { status: 'processed', key: 'a.jpg', image: { width: 1, height: 1, format: 'jpeg' }, renditions: [] };
const FAILED: Outcome = { status: 'failed', key: 'b.jpg', failureCode: 'Corrupt', detail: 'truncated' };

let lines: string[] = [];
const capture = (...texts: unknown[]) => lines.push(String(texts[0])) > 0;

beforeEach(() => {
  lines = [];
  jest.spyOn(process.stdout, 'write').mockImplementation(capture);
  jest.spyOn(process.stderr, 'write').mockImplementation(capture);
  jest.spyOn(console, 'log').mockImplementation(capture);
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** What an observer wrote, as the objects that its lines are. */
function written(observe: (observer: Observer) => void): Record<string, unknown>[] {
  const observer = new Observer('resize');
  observer.begin('request-1');
  observe(observer);
  observer.end();
  return lines.map((line) => JSON.parse(line));
}

describe('the log', () => {
  test.each<[Outcome, object]>([
    [PROCESSED, { status: 'processed', key: 'a.jpg' }],
    [FAILED, { status: 'failed', key: 'b.jpg', failureCode: 'Corrupt', detail: 'truncated' }],
    [
      { status: 'ignored', key: 'c.txt', reason: 'not an upload' },
      { status: 'ignored', key: 'c.txt', reason: 'not an upload' },
    ],
    [
      { status: 'gone', key: 'd.jpg' },
      { status: 'gone', key: 'd.jpg' },
    ],
  ])('has one line for the outcome %j', (outcome, fields) => {
    const [line, ...rest] = written((observer) => observer.outcome(outcome, 12)).filter(({ _aws }) => _aws === undefined);

    const { level, message, service, requestId, timestamp: _timestamp, ...own } = line ?? {};
    expect({ level, message, service, requestId }).toEqual({
      level: 'INFO',
      message: 'outcome',
      service: 'resize',
      requestId: 'request-1',
    });
    expect(own).toMatchObject({ ...fields, milliseconds: 12 });
    expect(
      Object.keys(own)
        .filter((name) => !['sampling_rate', 'xray_trace_id'].includes(name))
        .toSorted(),
    ).toEqual([...Object.keys(fields), 'milliseconds'].toSorted());
    expect(rest).toEqual([]);
  });

  test('distinguishes an effect that was counted before from a new one', () => {
    expect(written((observer) => observer.repeated(PROCESSED))).toMatchObject([
      { level: 'INFO', message: 'outcome', status: 'processed', key: 'a.jpg', repeated: true },
    ]);
  });

  test('has what a reconciliation found, and its metrics, of which zeros end an alarm', () => {
    const found = { missing: 2, stuck: 0, orphaned: 1, handedOver: 3, isComplete: true };

    expect(written((observer) => observer.reconciled(found))).toMatchObject([
      { level: 'INFO', message: 'reconciliation', ...found },
      { _aws: expect.anything(), MissingPhotos: 2, StuckPhotos: 0, OrphanedRenditions: 1, service: 'resize' },
    ]);
  });

  test('has the name and the message of a fault, and no other property', () => {
    const fault = Object.assign(new TypeError('denied'), { input: 'secret' });

    expect(written((observer) => observer.fault('a.jpg', fault))).toMatchObject([
      { level: 'ERROR', message: 'fault', key: 'a.jpg', fault: 'TypeError', detail: 'denied' },
    ]);
    expect(lines.join()).not.toContain('secret');
  });

  test('has the type of a thrown value that is not an error', () => {
    expect(written((observer) => observer.fault('a.jpg', 'secret'))).toMatchObject([
      { message: 'fault', key: 'a.jpg', fault: 'string', detail: 'not an error' },
    ]);
    expect(lines.join()).not.toContain('secret');
  });

  test('has the keys of an invocation only at the level DEBUG', () => {
    expect(written((observer) => observer.received(['a.jpg']))).toEqual([]);

    process.env.POWERTOOLS_LOG_LEVEL = 'DEBUG';
    try {
      expect(written((observer) => observer.received(['a.jpg']))).toMatchObject([{ level: 'DEBUG', message: 'received', keys: ['a.jpg'] }]);
    } finally {
      delete process.env.POWERTOOLS_LOG_LEVEL;
    }
  });

  test('has no outcomes at the level WARN, but their metrics', () => {
    process.env.POWERTOOLS_LOG_LEVEL = 'WARN';
    try {
      expect(written((observer) => observer.outcome(PROCESSED, 12))).toMatchObject([{ _aws: {}, ProcessedImages: 1 }]);
    } finally {
      delete process.env.POWERTOOLS_LOG_LEVEL;
    }
  });

  test('has warnings with their fields', () => {
    expect(written((observer) => observer.warn('does not fit', { dropped: ['album'] }))).toMatchObject([
      { level: 'WARN', message: 'does not fit', dropped: ['album'] },
    ]);
  });
});

describe('the metrics', () => {
  const metricsOf = (outcome: Outcome) => written((observer) => observer.outcome(outcome, 12)).filter(({ _aws }) => _aws !== undefined);
  const ofUnits = (units: Record<string, string>) => ({
    _aws: {
      CloudWatchMetrics: [
        {
          Namespace: 'ImageProcessing',
          Dimensions: [['service']],
          Metrics: Object.entries(units).map(([Name, Unit]) => ({ Name, Unit })),
        },
      ],
    },
    service: 'resize',
  });

  test('count a processed image and its time', () => {
    expect(metricsOf(PROCESSED)).toMatchObject([
      { ...ofUnits({ ProcessedImages: 'Count', ProcessingTime: 'Milliseconds' }), ProcessedImages: 1, ProcessingTime: 12 },
    ]);
  });

  test('include the time since the upload, for an image that was processed on its own event', () => {
    const latencies = (outcome: Outcome, sinceUpload?: number) =>
      written((observer) => observer.outcome(outcome, 12, sinceUpload)).flatMap(({ EndToEndLatency = [] }) => EndToEndLatency);

    expect(latencies(PROCESSED, 3_400)).toEqual([3_400]);
    lines = [];
    expect(latencies(PROCESSED)).toEqual([]);
    lines = [];
    expect(latencies(FAILED, 3_400)).toEqual([]);
  });

  test('count a failed image and its time', () => {
    expect(metricsOf(FAILED)).toMatchObject([
      { ...ofUnits({ ProcessingErrors: 'Count', ProcessingTime: 'Milliseconds' }), ProcessingErrors: 1, ProcessingTime: 12 },
    ]);
  });

  test.each<Outcome>([
    { status: 'duplicate', key: 'a.jpg', inProgress: false },
    { status: 'gone', key: 'a.jpg' },
    { status: 'ignored', key: 'a.jpg', reason: 'not an upload' },
  ])('do not count %j', (outcome) => {
    expect(metricsOf(outcome)).toEqual([]);
  });

  test('do not count an effect again, and are not written if there are none', () => {
    expect(written((observer) => observer.repeated(PROCESSED)).filter(({ _aws }) => _aws !== undefined)).toEqual([]);
    expect(lines.join()).not.toContain('No application metrics');
  });

  test('are written once per invocation', () => {
    const observer = new Observer('resize');
    observer.outcome(PROCESSED, 12);
    observer.end();
    observer.end();

    expect(lines.filter((line) => line.includes('CloudWatchMetrics'))).toHaveLength(1);
  });
});

test('a log that cannot be written affects no photo', () => {
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation(() => {
      throw new Error('broken pipe');
    });
  }
  const observer = new Observer('resize');
  const circular: Record<string, unknown> = {};
  Object.defineProperty(circular, 'own', {
    enumerable: true,
    get: () => {
      throw new Error('unreadable');
    },
  });

  expect(() => {
    observer.begin('request-1');
    observer.received(['a.jpg']);
    observer.outcome(PROCESSED, 1, 5);
    observer.repeated(PROCESSED);
    observer.fault('a.jpg', new Error('fault'));
    observer.warn('does not fit', circular);
    observer.end();
  }).not.toThrow();
});
