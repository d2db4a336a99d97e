import type { History } from './history.ts';
import { afterStep } from './memory.ts';
import { committed, type Memory, type Observation, type Status, type Step, tallied } from './observation.ts';

/** The guarantees of docs/one-effect.md. */
export const GUARANTEES = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10'] as const;
export type Guarantee = (typeof GUARANTEES)[number];

export interface Violation {
  readonly guarantee: Guarantee;
  readonly sentence: string;
}

export interface ModelOptions {
  readonly deletePropagation: boolean;
  readonly announces: (status: Status) => boolean;
  readonly leaseMilliseconds: number;
  /** Whether failed originals are tagged and copied. */
  readonly marksFailures: boolean;
}

const MOST_CALLS = 60;
const TIMEOUT_MILLISECONDS = 60_000;

/** The specification as code: which steps and which ends are allowed. It does not know how the protocol works. */
export class ReferenceModel {
  readonly checks: Record<Guarantee, number> = { P1: 0, P2: 0, P3: 0, P4: 0, P5: 0, P6: 0, P7: 0, P8: 0, P9: 0, P10: 0 };
  readonly #history: History;
  readonly #options: ModelOptions;
  #found: Violation[] = [];

  constructor(history: History, options: ModelOptions) {
    this.#history = history;
    this.#options = options;
  }

  /** Judges one step and remembers what it did. */
  step(memory: Memory, step: Step): { memory: Memory; violations: readonly Violation[] } {
    this.#found = [];
    const after = afterStep(memory, step);
    this.#monotonicity(step);
    this.#availability(memory, step);
    this.#integrity(step);
    this.#manifest(memory, step);
    this.#marks(step);
    this.#notifications(after, step);
    this.#counts(after, step);
    this.#outcome(step);
    this.#bounds(step);
    return { memory: after, violations: this.#found };
  }

  /** Judges what is left when every event has been handled. */
  end(memory: Memory, observation: Observation): readonly Violation[] {
    this.#found = [];
    const { record, renditions, tagged, copies } = observation;
    this.#manifestAtEnd(memory, observation);
    const done = this.#history.mutations.length;
    const current = this.#history.current(done);
    const tops = Object.entries(renditions).map(([key, versions]) => ({ key, top: versions.at(-1) }));
    const { deletePropagation } = this.#options;
    const wasTold = deletePropagation || this.#history.mutations.at(-1)?.kind === 'put';
    if (wasTold && current !== undefined) {
      const status = current.content === 'bad' ? 'failed' : 'processed';
      this.#expect(
        'P1',
        record?.status === status,
        `the current version ${current.id} is ${status}, the record says ${record?.status ?? 'nothing'}`,
      );
      this.#expect(
        'P1',
        record?.effect?.version === current.id,
        `the record describes ${record?.effect?.version}, the current version is ${current.id}`,
      );
      if (status === 'processed')
        for (const { key, top } of tops)
          this.#expect('P1', top?.version === current.id, `${key} is of ${top?.version}, the current version is ${current.id}`);
      if (status === 'failed' && this.#options.marksFailures) {
        this.#expect('P1', tagged.includes(current.id), `the current version ${current.id} failed and is not tagged`);
        this.#expect(
          'P1',
          copies.some(({ version }) => version === current.id),
          `the current version ${current.id} failed and has no copy`,
        );
      }
      const lastGood = memory.lastGood;
      if (
        status === 'failed' &&
        lastGood !== undefined &&
        !memory.isRestored &&
        (this.#history.version(lastGood)?.writtenAt ?? 0) > this.#history.lastAbsence(done)
      )
        for (const { key, top } of tops)
          this.#expect('P3', top?.version === lastGood, `${key} is of ${top?.version}, the last good version is ${lastGood}`);
    }
    if (deletePropagation && current === undefined) {
      for (const [key, versions] of Object.entries(renditions))
        this.#expect('P8', versions.length === 0, `${versions.length} versions of ${key} remain`);
      this.#expect('P8', copies.length === 0, `${copies.length} copies of the photo remain in quarantine`);
      this.#expect('P8', record === undefined || !record.shows, 'the record still shows or names the photo');
      this.#expect('P8', record === undefined || record.expires, 'the record does not expire');
      this.#expect('P1', record === undefined || record.status === 'gone', `nothing is there, the record says ${record?.status}`);
    }
    this.#expect(
      'P4',
      new Set(tops.map(({ top }) => top?.version)).size <= 1,
      `the renditions are of ${tops.map(({ top }) => top?.version).join(' and ')}`,
    );
    for (const { key, top } of tops)
      if (top !== undefined && current !== undefined && !(memory.isRestored && (record?.status === 'failed' || !wasTold)))
        this.#expect('P3', record?.renditionsOf === top.version, `${key} is of ${top.version}, the record says ${record?.renditionsOf}`);
    this.#expect('P9', record?.status !== 'processing', 'the record is still being processed');
    for (const tally of Object.values(memory.tallies)) {
      const { version, origin, status, commits, announced, counted, mayMiss } = tally;
      if (origin === 'event' && this.#options.announces(status))
        this.#expect('P5', announced >= 1, `the effect of ${version} was never announced`);
      const due = origin === 'event' ? Math.min(1, commits) : commits;
      this.#expect('P7', counted >= due - mayMiss, `the effect of ${version} was counted ${counted} times, it has ${due}`);
    }
    return this.#found;
  }

  #monotonicity({ before, after, actor, done, published, counted }: Step): void {
    this.#expect('P2', Math.ceil(after.record?.mutation ?? 0) >= (before.record?.mutation ?? 0), 'the record went back to an older event');
    const effect = committed(before, after);
    if (effect !== undefined && actor !== undefined)
      this.#expect(
        'P2',
        this.#history.wasCurrent(effect.version, actor.since, done),
        `${effect.version} was committed and has not been current since the invocation began`,
      );
    if (actor?.noNews !== true) return;
    // What happened after a reconciliation had begun is news for it: a change of the key, or a claim that was left open.
    if (actor.origin === 'reconciliation' && (done > actor.since || before.record?.status === 'processing')) return;
    this.#expect('P2', JSON.stringify(before.record) === JSON.stringify(after.record), 'an event without news changed the record');
    this.#expect('P2', published.length === 0 && counted.length === 0, 'an event without news was announced or counted');
    for (const [key, versions] of Object.entries(before.renditions)) {
      const top = versions.at(-1)?.version;
      const left = after.renditions[key] ?? [];
      // What a crashed attempt left and the record does not name may be cleared away at any time.
      const isLeftover = left.length < versions.length && top !== before.record?.renditionsOf;
      this.#expect('P2', left.at(-1)?.version === top || isLeftover, `an event without news changed ${key}`);
    }
  }

  #availability({ tallies, isRestored }: Memory, { before, after, actor, done }: Step): void {
    if (actor === undefined || this.#history.current(done) === undefined) return;
    const lastAbsence = this.#history.lastAbsence(done);
    for (const [key, versions] of Object.entries(before.renditions)) {
      const version = versions.at(-1)?.version;
      const wasCommitted = [tallies[`event ${version}`], tallies[`backfill ${version}`]].some((tally) => tally?.status === 'processed');
      if (version === undefined || !wasCommitted) continue;
      const isSettledSince =
        before.record?.mutation !== undefined && before.record.mutation > lastAbsence && before.record.effect?.version === version;
      if ((this.#history.version(version)?.writtenAt ?? 0) <= lastAbsence && !isSettledSince) continue;
      const left = after.renditions[key]?.at(-1);
      const isNewer = left !== undefined && this.#history.wasCurrent(left.version, actor.since, done);
      this.#expect(
        'P3',
        left?.version === version || isNewer || version !== before.record?.renditionsOf,
        `${key} of ${version} was replaced by ${left?.version ?? 'nothing'}`,
      );
      // A restored table may have forgotten an upload, whose renditions are then taken for leftovers.
      const isForgotten = isRestored === true && version !== before.record?.renditionsOf;
      this.#expect('P3', left !== undefined || isForgotten, `${key} of ${version} was removed while the key has a current version`);
    }
  }

  #integrity({ after }: Step): void {
    for (const [key, versions] of Object.entries(after.renditions)) {
      const newest = versions.at(-1);
      if (newest === undefined) continue;
      const content = this.#history.version(newest.version)?.content;
      this.#expect('P4', newest.content === content, `${key} names ${newest.version} and was made of "${newest.content}"`);
    }
  }

  /** A manifest is kept like a rendition, describes the version that it names, and lists only renditions that are there. */
  #manifest({ isRestored }: Memory, { before, after, actor, done }: Step): void {
    if (before.manifest === undefined || after.manifest === undefined || actor === undefined) return;
    const was = before.manifest.at(-1);
    const is = after.manifest.at(-1);
    const named = before.record?.effect?.version;
    if (JSON.stringify(was) === JSON.stringify(is)) return;
    const isRemoval = after.manifest.length < before.manifest.length;
    if (actor.noNews) this.#expect('P2', isRemoval && was?.version !== named, 'an event without news changed the manifest');
    if (was !== undefined && was.version === named && this.#history.current(done) !== undefined) {
      const lastAbsence = this.#history.lastAbsence(done);
      const isSince = (this.#history.version(was.version)?.writtenAt ?? 0) > lastAbsence || (before.record?.mutation ?? 0) > lastAbsence;
      const isNewer = is !== undefined && this.#history.wasCurrent(is.version, actor.since, done);
      this.#expect('P3', isNewer || !isSince, `the manifest of ${was.version} was replaced by that of ${is?.version ?? 'nothing'}`);
    }
    if (is === undefined || isRemoval) return;
    const status = this.#history.version(is.version)?.content === 'bad' ? 'failed' : 'processed';
    this.#expect(
      'P4',
      is.describes === is.version && is.status === status,
      `the manifest of ${is.version} says ${is.status} ${is.describes}`,
    );
    // Another run may have taken the claim over, and removes what this one stores.
    if (before.record?.run !== actor.run) return;
    // The manifest of a failed photo says what the record says, and a restored table may not know whose renditions are in place.
    if (isRestored && status === 'failed') return;
    for (const [key, hash] of Object.entries(is.picture?.hashes ?? {})) {
      const stored = after.renditions[key]?.some((rendition) => rendition.version === is.picture?.version && rendition.hash === hash);
      this.#expect('P4', stored === true, `the manifest lists ${key} of ${is.picture?.version}, which is not in the bucket`);
    }
  }

  #manifestAtEnd({ isRestored }: Memory, { record, renditions, manifest }: Observation): void {
    if (manifest === undefined) return;
    const done = this.#history.mutations.length;
    const current = this.#history.current(done);
    const top = manifest.at(-1);
    const { deletePropagation } = this.#options;
    if (current !== undefined && (deletePropagation || this.#history.mutations.at(-1)?.kind === 'put'))
      this.#expect('P1', top?.version === current.id, `the manifest is of ${top?.version}, the current version is ${current.id}`);
    if (current === undefined && deletePropagation)
      this.#expect('P8', manifest.length === 0, `${manifest.length} versions of the manifest remain`);
    // If the photo is deleted, nothing settles its manifest, although renditions that a restored table has forgotten may be removed.
    if (top === undefined || (isRestored && current === undefined)) return;
    for (const [key, versions] of Object.entries(renditions)) {
      const rendition = versions.at(-1);
      // A restored table may not know whose renditions are in place, and a manifest says what the record says.
      if (isRestored && record?.renditionsOf !== rendition?.version) continue;
      this.#expect(
        'P4',
        top.picture?.hashes[key] === rendition?.hash,
        `the manifest lists ${top.picture?.hashes[key]} of ${key}, which is ${rendition?.hash}`,
      );
      if (rendition !== undefined)
        this.#expect(
          'P4',
          top.picture?.version === rendition.version,
          `the manifest shows ${top.picture?.version}, ${key} is of ${rendition.version}`,
        );
    }
  }

  /** Only what failed is tagged and copied, and nothing else is copied in its place. */
  #marks({ after }: Step): void {
    const contentOf = (version: string | undefined) => this.#history.version(version)?.content;
    for (const version of after.tagged) this.#expect('P4', contentOf(version) === 'bad', `${version} is tagged as failed and is good`);
    for (const { version, content } of after.copies)
      this.#expect('P4', content === 'bad' && contentOf(version) === 'bad', `"${content}" is in quarantine as ${version}`);
  }

  #notifications({ tallies }: Memory, { published }: Step): void {
    for (const { version, status } of published) {
      const { commits = 0, announced = 0, mayRepeat = 0 } = tallies[`event ${version}`] ?? {};
      this.#expect('P6', commits > 0, `${version} was announced before it was committed`);
      this.#expect('P6', this.#options.announces(status), `${version} was announced although ${status} images are not`);
      this.#expect('P6', announced <= 1 + mayRepeat, `${version} was announced ${announced} times, ${mayRepeat} repetitions are excused`);
    }
  }

  #counts({ tallies }: Memory, { counted, actor }: Step): void {
    for (const { version } of counted) {
      const { counted: times = 0, commits = 0 } = tallies[`${tallied(actor?.origin)} ${version}`] ?? {};
      const due = actor?.origin === 'backfill' ? commits : Math.min(1, commits);
      this.#expect('P7', times <= due, `the effect of ${version} was counted ${times} times, it has ${due}`);
    }
  }

  #outcome({ outcome, actor, done }: Step): void {
    if (outcome === undefined || actor === undefined) return;
    if (outcome === 'gone' && actor.origin !== 'backfill')
      this.#expect(
        'P9',
        this.#history.wasCurrent(undefined, actor.since, done),
        'an event ended as gone although the key has a current version',
      );
    if (outcome === 'superseded' && actor.origin === 'event')
      this.#expect(
        'P9',
        done > actor.mutation || this.#history.mutations[actor.mutation - 1]?.kind !== 'put',
        'an upload ended as superseded and nothing newer has happened',
      );
  }

  #bounds({ before, after, actor, now }: Step): void {
    if (actor !== undefined) this.#expect('P10', actor.calls <= MOST_CALLS, `an invocation made ${actor.calls} calls`);
    const { record } = after;
    if (record === undefined) return;
    this.#expect('P10', record.leaseExpiresAt <= now + this.#options.leaseMilliseconds, 'a claim outlasts its lease');
    if (actor !== undefined && record.run === actor.run && before.record?.run !== actor.run)
      this.#expect(
        'P10',
        record.leaseExpiresAt >= actor.startedAt + TIMEOUT_MILLISECONDS,
        'a claim may run out while its invocation is still running',
      );
    this.#expect('P10', record.reported <= 10, `the record remembers ${record.reported} versions`);
  }

  #expect(guarantee: Guarantee, holds: boolean, sentence: string): void {
    this.checks[guarantee] += 1;
    if (!holds) this.#found.push({ guarantee, sentence });
  }
}
