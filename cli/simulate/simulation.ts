import { MAX_EVENT_AGE_SECONDS } from '../../config/settings.ts';
import { MAX_REPAIRS } from '../../lambda-src/reconcile/photo-state.ts';
import { seededRandom } from '../../local/samples/seeded-random.ts';
import { PUTS_PER_PREFIX } from '../estimate/limits.ts';
import { Latencies } from './latencies.ts';
import { poisson } from './random.ts';
import { Environments, TableCapacity } from './services.ts';

/** A day of uploads, and the deployment that processes them. */
export interface Scenario {
  readonly imagesPerDay: number;
  /** Rate of a burst as a multiple of the average rate, at least 1. */
  readonly peakFactor: number;
  /** Bursts × minutes × peak factor are at most the 1,440 minutes of a day; otherwise the bursts alone exceed the day's load. */
  readonly bursts: number;
  /** Length of a burst, rounded to whole seconds. */
  readonly burstMinutes: number;
  /** Duration of an invocation. */
  readonly milliseconds: number;
  /** Maximum concurrent executions. */
  readonly concurrency: number;
  /** Table writes per photo, in units. */
  readonly tableWrites: number;
  /** Renditions per photo, each with a prefix of its own. */
  readonly renditions: number;
  /** Prefixes that the keys are spread over. */
  readonly prefixes: number;
  /** Write units that the table is prepared for (its warm throughput). */
  readonly warmWrites: number;
  /** Share of the events that S3 loses; a reconciliation finds their photos. */
  readonly lostShare: number;
  readonly reconcileHours: number;
  /** Photos of a batch job that begins with the day, and the concurrency of its own function. */
  readonly batchPhotos: number;
  readonly batchConcurrency: number;
  readonly seed: number;
}

/** The outcome of a simulated day. */
export interface Result {
  readonly uploads: number;
  readonly processed: number;
  readonly deadLetters: number;
  readonly peakConcurrency: number;
  /** Most events that waited at once. */
  readonly peakBacklog: number;
  /** From the upload to the result. */
  readonly latencySeconds: { readonly p50: number; readonly p95: number; readonly max: number };
  /** Age of the oldest event when it reached the function; without events that were lost. */
  readonly oldestEventSeconds: number;
  /** From the end of the last burst until nothing waited. */
  readonly drainSeconds: number;
  readonly throttledAttempts: number;
  /** Attempts that failed because of the limits of DynamoDB or S3. */
  readonly failedAttempts: number;
  readonly batchHours: number;
}

/** Seconds of a day. */
export const DAY = 86_400;

/** Lambda waits a second before it retries a throttled event, then twice as long each time, up to five minutes (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html). */
const FIRST_WAIT = 1;
const LONGEST_WAIT = 300;

/** Waits before the two retries of a failed event (same page). */
const RETRY_WAITS = [60, 120] as const;

/** Events of one second that have the same history. */
interface Cohort {
  readonly uploadedAt: number;
  readonly queuedAt: number;
  readonly count: number;
  readonly throttled: number;
  readonly failed: number;
}

/**
 * Simulates a day second by second, and then until nothing waits. Arrivals are random (Poisson) with bursts at random times; Lambda's queue retries what
 * is throttled with growing pauses for up to six hours; attempts beyond the limits of DynamoDB and S3 fail and are retried twice. The same scenario has the same
 * result. Ignores cold starts, and assumes that all invocations take the same time.
 */
export function simulate(scenario: Scenario): Result {
  return new Simulation(scenario).run();
}

/** Returns the length of a burst in seconds. */
export function burstSeconds({ burstMinutes }: Pick<Scenario, 'burstMinutes'>): number {
  return Math.round(burstMinutes * 60);
}

/** Returns the uploads per second at each second of the day. Outside of the bursts, which may overlap, the rate is lower, so that the day has its load. */
function ratesOf(scenario: Scenario, burstStarts: readonly number[]): Float64Array {
  const average = scenario.imagesPerDay / DAY;
  const inBurst = average * scenario.peakFactor;
  const rates = new Float64Array(DAY);
  for (const start of burstStarts) rates.fill(inBurst, start, start + burstSeconds(scenario));
  const quietSeconds = rates.filter((rate) => rate === 0).length;
  const quiet = (scenario.imagesPerDay - inBurst * (DAY - quietSeconds)) / quietSeconds;
  return rates.map((rate) => (rate === 0 ? quiet : rate));
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #random: () => number;
  readonly #seconds: number;
  /** Uploads per second at each second of the day. */
  readonly #rates: Float64Array;
  /** When the last burst is over. */
  readonly #burstsEndAt: number;
  readonly #due = new Map<number, Cohort[]>();
  readonly #latencies = new Latencies();
  readonly #environments: Environments;
  readonly #table: TableCapacity;
  #uploads = 0;
  #processed = 0;
  #deadLetters = 0;
  #waiting = 0;
  #lost = 0;
  #peakBacklog = 0;
  #oldest = 0;
  #throttledAttempts = 0;
  #failedAttempts = 0;
  #batchLeft: number;
  #batchEndsAt = 0;
  #drainedAt: number | undefined;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#random = seededRandom(scenario.seed);
    this.#seconds = scenario.milliseconds / 1000;
    this.#environments = new Environments(scenario.concurrency);
    this.#table = new TableCapacity(scenario.warmWrites);
    this.#batchLeft = scenario.batchPhotos;
    const length = burstSeconds(scenario);
    const starts = Array.from({ length: scenario.bursts }, () => Math.floor(this.#random() * (DAY - length)));
    this.#rates = ratesOf(scenario, starts);
    this.#burstsEndAt = starts.reduce((latest, start) => Math.max(latest, start + length), 0);
  }

  run(): Result {
    for (let now = 0; now < DAY || this.#waiting > 0 || this.#lost > 0 || this.#batchLeft > 0; now += 1) {
      if (now < DAY) this.#arrive(now);
      this.#second(now);
      this.#peakBacklog = Math.max(this.#peakBacklog, this.#waiting);
      if (now >= this.#burstsEndAt && this.#waiting === 0) this.#drainedAt ??= now;
    }
    return {
      uploads: this.#uploads,
      processed: this.#processed,
      deadLetters: this.#deadLetters,
      peakConcurrency: this.#environments.peak,
      peakBacklog: this.#peakBacklog,
      latencySeconds: this.#latencies.summary(),
      oldestEventSeconds: this.#oldest,
      drainSeconds: Math.max(0, (this.#drainedAt ?? this.#burstsEndAt) - this.#burstsEndAt),
      throttledAttempts: this.#throttledAttempts,
      failedAttempts: this.#failedAttempts,
      batchHours: this.#batchEndsAt / 3600,
    };
  }

  #arrive(now: number): void {
    const { lostShare, reconcileHours } = this.#scenario;
    const count = poisson(this.#rates[now] ?? 0, this.#random);
    const lost = poisson(count * lostShare, this.#random);
    this.#uploads += count;
    if (count > lost) this.#queue(now, { uploadedAt: now, queuedAt: now, count: count - lost, throttled: 0, failed: 0 });
    if (lost === 0) return;
    const found = (Math.floor(now / 3600 / reconcileHours) + 1) * reconcileHours * 3600;
    this.#lost += Math.min(lost, count);
    this.#at(found, { uploadedAt: now, queuedAt: found, count: Math.min(lost, count), throttled: 0, failed: 0 });
  }

  #queue(at: number, cohort: Cohort): void {
    this.#waiting += cohort.count;
    this.#at(at, cohort);
  }

  #at(second: number, cohort: Cohort): void {
    const cohorts = this.#due.get(second);
    if (cohorts === undefined) this.#due.set(second, [cohort]);
    else cohorts.push(cohort);
  }

  #second(now: number): void {
    const due = this.#takeDue(now);
    const wanted = due.reduce((sum, { count }) => sum + count, 0);
    // The small addition makes up for rounding.
    let room = Math.floor(this.#environments.grant(now, wanted * this.#seconds) / this.#seconds + 1e-6);
    let healthy = this.#withinLimits(now);
    for (const cohort of due) {
      const started = Math.min(cohort.count, room);
      const done = Math.min(started, healthy);
      room -= started;
      healthy -= done;
      if (started > 0) this.#oldest = Math.max(this.#oldest, now - cohort.queuedAt);
      if (done > 0) this.#complete(now, cohort, done);
      if (started > done) this.#fail(now, cohort, started - done);
      if (cohort.count > started) this.#throttle(now, cohort, cohort.count - started);
    }
  }

  /** Returns the events whose turn it is, oldest first. */
  #takeDue(now: number): Cohort[] {
    const due = this.#due.get(now) ?? [];
    this.#due.delete(now);
    const isFound = ({ uploadedAt, queuedAt, throttled, failed }: Cohort): boolean =>
      queuedAt === now && uploadedAt < now && throttled + failed === 0;
    const found = due.filter(isFound);
    const ready = found.length === 0 ? due : [...due.filter((cohort) => !isFound(cohort)), ...this.#handOver(now, found)];
    return ready.sort((a, b) => a.queuedAt - b.queuedAt);
  }

  /** Returns the lost photos that a reconciliation hands over, oldest first. The next pass finds the others. */
  #handOver(now: number, found: readonly Cohort[]): Cohort[] {
    let left = MAX_REPAIRS;
    const next = now + this.#scenario.reconcileHours * 3600;
    return found
      .toSorted((a, b) => a.uploadedAt - b.uploadedAt)
      .flatMap((cohort) => {
        const count = Math.min(cohort.count, left);
        left -= count;
        this.#lost -= count;
        this.#waiting += count;
        if (cohort.count > count) this.#at(next, { ...cohort, queuedAt: next, count: cohort.count - count });
        return count === 0 ? [] : [{ ...cohort, count }];
      });
  }

  /** Returns how many photos DynamoDB and S3 can take in this second, after the share of the batch job. */
  #withinLimits(now: number): number {
    const { tableWrites, renditions, prefixes, batchConcurrency } = this.#scenario;
    const batch = Math.min(this.#batchLeft, batchConcurrency / this.#seconds);
    const byTable = this.#table.capacity(now) / tableWrites;
    const byPrefix = renditions === 0 ? Number.POSITIVE_INFINITY : PUTS_PER_PREFIX * prefixes;
    const all = Math.min(byTable, byPrefix);
    const ofBatch = Math.min(batch, all);
    this.#batchLeft -= ofBatch;
    if (ofBatch > 0) this.#batchEndsAt = now + 1;
    this.#table.use(now, ofBatch * tableWrites);
    return Math.floor(all - ofBatch);
  }

  #complete(now: number, { uploadedAt }: Cohort, count: number): void {
    this.#waiting -= count;
    this.#processed += count;
    this.#table.use(now, count * this.#scenario.tableWrites);
    this.#latencies.add(now - uploadedAt + this.#seconds, count);
  }

  #fail(now: number, cohort: Cohort, count: number): void {
    this.#failedAttempts += count;
    const wait = RETRY_WAITS[cohort.failed];
    if (wait === undefined) this.#giveUp(count);
    else this.#at(now + wait, { ...cohort, count, failed: cohort.failed + 1 });
  }

  #throttle(now: number, { uploadedAt, queuedAt, throttled, failed }: Cohort, count: number): void {
    this.#throttledAttempts += count;
    if (now - queuedAt > MAX_EVENT_AGE_SECONDS) {
      this.#giveUp(count);
      return;
    }
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** throttled);
    // 50 % to 150 % of it, so that events of one second do not stay together.
    const pause = Math.max(1, Math.round(wait * (0.5 + this.#random())));
    this.#at(now + pause, { uploadedAt, queuedAt, count, throttled: throttled + 1, failed });
  }

  #giveUp(count: number): void {
    this.#waiting -= count;
    this.#deadLetters += count;
  }
}
