import { describe, expect, test } from '@jest/globals';
import { RECONCILIATION } from '../../lambda-src/backfill.ts';
import type { RenderedRendition } from '../../lambda-src/image/render.ts';
import type { LedgerRecord, RenditionHead, RenditionStore, UploadEvent } from '../../lambda-src/ports.ts';
import { eraseRenditions, removeStaleRenditions, storeRenditions } from '../../lambda-src/store-renditions.ts';
import { MemoryLedger } from '../in-memory/ledger.ts';
import { SETTINGS } from '../in-memory/pipeline.ts';
import { aClaim } from './upload-event.ts';

const SMALL = { name: 'small', prefix: 'small/', width: 100, height: 100, fit: 'inside', format: 'jpeg', quality: 90 } as const;
const LARGE = { ...SMALL, name: 'large', prefix: 'large/', format: 'webp' } as const;

function rendered(rendition: RenderedRendition['rendition'] = SMALL): RenderedRendition {
  return {
    rendition,
    body: Buffer.from('cat'),
    format: rendition.format === 'same' ? 'jpeg' : rendition.format,
    contentType: 'image/jpeg',
    width: 20,
    height: 15,
  };
}

/** The current rendition of a key, as `head` returns it. */
function aTop(sequencer: string, different: Partial<RenditionHead> = {}): RenditionHead {
  return {
    ...{
      etag: `etag of ${sequencer}`,
      ownVersionId: `own ${sequencer}`,
      sequencer,
      versionId: `version ${sequencer}`,
      recipeHash: 'recipe-1',
    },
    ...different,
  };
}

/** Keys with renditions in layers, the top one last, and what was done to them. */
class LayeredStore implements RenditionStore {
  readonly calls: string[] = [];
  readonly #layers: Record<string, RenditionHead[]>;
  readonly #answers: ('stored' | 'changed' | Error)[];

  /** @param answers what writes are answered, in their order; the last one again and again */
  constructor(layers: Record<string, RenditionHead[]>, answers: ('stored' | 'changed' | Error)[] = ['stored']) {
    this.#layers = layers;
    this.#answers = answers;
  }

  async head(key: string, options?: { readonly deleteMarkers: boolean }): Promise<RenditionHead | undefined> {
    this.calls.push(`head ${key}${options?.deleteMarkers ? ' or its delete marker' : ''}`);
    return this.#layers[key]?.at(-1);
  }

  async put({ key, replaces }: Parameters<RenditionStore['put']>[0]): Promise<'stored' | 'changed'> {
    this.calls.push(`put ${key}${replaces === undefined ? '' : ` over ${replaces}`}`);
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    await new Promise(setImmediate);
    if (answer instanceof Error) throw answer;
    return answer ?? 'stored';
  }

  async remove(key: string, { ownVersionId }: RenditionHead): Promise<void> {
    this.calls.push(`remove ${key} ${ownVersionId}`);
    this.#layers[key] = (this.#layers[key] ?? []).filter((layer) => layer.ownVersionId !== ownVersionId);
  }
}

describe('storing', () => {
  const store = (layers: LayeredStore, event: Partial<UploadEvent> = {}, renditions = [rendered()], holder = 'run-1') =>
    storeRenditions(
      aClaim({ run: 'run-1', event: { sequencer: '5', versionId: 'version 5', ...event } }),
      renditions,
      {},
      {
        recipe: SETTINGS.recipe,
        renditions: layers,
        ledger: ledgerWith({ run: holder }),
      },
    );
  const BACKFILL = { kind: 'backfill', sequencer: '', job: 'job-1' } as const;

  test('writes a new photo’s renditions without a HEAD, and describes them', async () => {
    const layers = new LayeredStore({});

    expect(await store(layers, {}, [rendered(), rendered(LARGE)])).toEqual({
      status: 'stored',
      renditions: [
        { name: 'small', key: 'small/photo.jpg', width: 20, height: 15, format: 'jpeg', bytes: 3 },
        { name: 'large', key: 'large/photo.jpg', width: 20, height: 15, format: 'webp', bytes: 3 },
      ],
    });
    expect(layers.calls).toEqual(['put small/photo.jpg', 'put large/photo.jpg']);
  });

  test('sends a HEAD first for a backfill, which usually finds something', async () => {
    const layers = new LayeredStore({ 'small/photo.jpg': [aTop('', { versionId: 'version 4' })] });

    expect(await store(layers, BACKFILL)).toMatchObject({ status: 'stored' });
    expect(layers.calls).toEqual(['head small/photo.jpg', 'put small/photo.jpg over etag of ']);
  });

  test.each(['4', '5'])('replaces a rendition of event %s, because this is event 5', async (sequencer) => {
    const layers = new LayeredStore({ 'small/photo.jpg': [aTop(sequencer)] }, ['changed', 'stored']);

    expect(await store(layers)).toMatchObject({ status: 'stored' });
    expect(layers.calls).toEqual(['put small/photo.jpg', 'head small/photo.jpg', `put small/photo.jpg over etag of ${sequencer}`]);
  });

  test('yields to a rendition of a newer event, even of the same version', async () => {
    const layers = new LayeredStore({ 'small/photo.jpg': [aTop('6', { versionId: 'version 5' })] }, ['changed']);

    expect(await store(layers)).toEqual({ status: 'superseded' });
  });

  test.each<[what: string, event: Partial<UploadEvent>, holder: string, status: string]>([
    ['a backfill that holds the claim replaces it', BACKFILL, 'run-1', 'stored'],
    ['a backfill that has lost its claim yields to it', BACKFILL, 'run-2', 'superseded'],
    ['a reconciliation that holds the claim replaces it', { kind: 'reconciled', job: RECONCILIATION }, 'run-1', 'stored'],
    ['a reconciliation that has lost its claim yields to it', { kind: 'reconciled', job: RECONCILIATION }, 'run-2', 'superseded'],
  ])('finds a rendition of an event that the record does not know: %s', async (_what, event, holder, status) => {
    const layers = new LayeredStore({ 'small/photo.jpg': [aTop('6')] }, event.kind === 'backfill' ? ['stored'] : ['changed', 'stored']);

    expect(await store(layers, event, [rendered()], holder)).toMatchObject({ status });
  });

  test('is superseded as soon as one of several renditions is', async () => {
    const layers = new LayeredStore({ 'large/photo.jpg': [aTop('6')] }, ['stored', 'changed']);

    expect(await store(layers, {}, [rendered(), rendered(LARGE)])).toEqual({ status: 'superseded' });
  });

  test('retries five times while others write', async () => {
    const last = new LayeredStore({ 'small/photo.jpg': [aTop('4')] }, [...Array(5).fill('changed'), 'stored']);
    const busy = new LayeredStore({ 'small/photo.jpg': [aTop('4')] }, ['changed']);

    expect(await store(last)).toMatchObject({ status: 'stored' });
    await expect(store(busy)).rejects.toMatchObject({
      code: 'Contention',
      message: 'the rendition changed 5 times while it was being stored',
    });
    expect(busy.calls.filter((call) => call.startsWith('put'))).toHaveLength(1 + 5);
  });

  test('throws a fault once every other write has ended', async () => {
    const layers = new LayeredStore({}, [new Error('SlowDown'), 'changed', 'stored']);

    await expect(store(layers, {}, [rendered(), rendered(LARGE)])).rejects.toThrow('SlowDown');
    expect(layers.calls).toEqual(['put small/photo.jpg', 'put large/photo.jpg', 'head large/photo.jpg', 'put large/photo.jpg']);
  });
});

/** A ledger with one record, or none. */
function ledgerWith(record: Partial<LedgerRecord> | undefined): MemoryLedger {
  const whole: LedgerRecord = {
    ...{ status: 'processed', sequencer: '5', owner: 'request-1', run: 'run-1', leaseExpiresAt: 0, byBackfill: false },
    ...{ reportedVersions: [], notified: true, ...record },
  };
  return Object.assign(new MemoryLedger(), { read: async () => (record === undefined ? undefined : whole) });
}

const recipe = { ...SETTINGS.recipe, renditions: [SMALL, LARGE] };
const claim = aClaim({ run: 'run-1', event: { sequencer: '5' } });

describe('what an attempt stored and can no longer commit', () => {
  const SMALL_KEY = 'small/photo.jpg';
  async function left(layers: RenditionHead[], record: Partial<LedgerRecord> | undefined): Promise<string[]> {
    const renditions = new LayeredStore({ [SMALL_KEY]: layers });
    await removeStaleRenditions(claim, { recipe, deletePropagation: false, renditions, ledger: ledgerWith(record) });
    return renditions.calls.filter((call) => call.startsWith('remove'));
  }

  test('is removed, down to what the record names', async () => {
    const layers = [aTop('3'), aTop('4', { ownVersionId: 'own a' }), aTop('5', { ownVersionId: 'own b' })];

    expect(await left(layers, { renditionsOf: { versionId: 'version 3', sequencer: '3' } })).toEqual([
      `remove ${SMALL_KEY} own b`,
      `remove ${SMALL_KEY} own a`,
    ]);
  });

  test('is searched for under every rendition, and not under delete markers', async () => {
    const renditions = new LayeredStore({ 'large/photo.jpg': [aTop('5')] });

    await removeStaleRenditions(claim, { recipe, deletePropagation: false, renditions, ledger: ledgerWith({}) });

    expect(renditions.calls).toEqual([
      'head small/photo.jpg',
      'head large/photo.jpg',
      'remove large/photo.jpg own 5',
      'head large/photo.jpg',
    ]);
  });

  test('is distinguished from what this pipeline did not write', async () => {
    expect(await left([aTop('5', { recipeHash: undefined })], {})).toEqual([]);
  });

  test.each<[what: string, record: Partial<LedgerRecord> | undefined]>([
    ['there is no record', undefined],
    ['it is of a newer event than the record', { sequencer: '4' }],
    ['another run is at work on its event', { status: 'processing', run: 'run-2' }],
    ['the record names its version', { renditionsOf: { versionId: 'version 5', sequencer: '4' } }],
  ])('stays if %s', async (_what, record) => {
    expect(await left([aTop('5')], record)).toEqual([]);
  });

  test.each<[what: string, record: Partial<LedgerRecord>]>([
    ['the claim is our own', { status: 'processing' }],
    ['another run has settled its event', { run: 'run-2' }],
    ['a newer event is being worked on', { status: 'processing', sequencer: '6', run: 'run-2' }],
    ['the record names another version', { renditionsOf: { versionId: 'version 4', sequencer: '5' } }],
  ])('goes if %s', async (_what, record) => {
    expect(await left([aTop('5')], record)).toEqual([`remove ${SMALL_KEY} own 5`]);
  });

  test('is compared by its event in buckets without versions', async () => {
    const top = aTop('5', { versionId: undefined });

    expect(await left([top], { renditionsOf: { sequencer: '5' } })).toEqual([]);
    expect(await left([top], { renditionsOf: { versionId: undefined, sequencer: '4' } })).toHaveLength(1);
  });
});

describe('erasing', () => {
  async function erased(
    layers: RenditionHead[],
    record: Partial<LedgerRecord> | undefined,
    event: Partial<UploadEvent> = {},
  ): Promise<string[]> {
    const renditions = new LayeredStore({ 'small/photo.jpg': layers });
    await eraseRenditions(
      { ...claim, event: { ...claim.event, ...event } },
      { recipe, deletePropagation: false, renditions, ledger: ledgerWith(record) },
    );
    return renditions.calls;
  }

  test('removes every version of every rendition, including those below delete markers', async () => {
    expect(await erased([aTop('3'), aTop('', { ownVersionId: 'marker' }), aTop('4')], {})).toEqual([
      'head small/photo.jpg or its delete marker',
      'remove small/photo.jpg own 4',
      'head small/photo.jpg or its delete marker',
      'remove small/photo.jpg marker',
      'head small/photo.jpg or its delete marker',
      'remove small/photo.jpg own 3',
      'head small/photo.jpg or its delete marker',
      'head large/photo.jpg or its delete marker',
    ]);
  });

  test('keeps what a newer event has stored meanwhile', async () => {
    expect(await erased([aTop('4'), aTop('6')], {})).not.toContain('remove small/photo.jpg own 6');
  });

  test.each<[what: string, record: Partial<LedgerRecord> | undefined, removed: boolean]>([
    ['removes what this run', { run: 'run-1' }, true],
    ['leaves alone what another run', { run: 'run-2' }, false],
    ['leaves alone what a run whose record is gone', undefined, false],
  ])('%s has stored for this event', async (_what, record, removed) => {
    expect((await erased([aTop('5')], record)).includes('remove small/photo.jpg own 5')).toBe(removed);
  });

  test.each<[what: string, holder: string, removed: boolean]>([
    ['removes what an earlier attempt', 'run-1', true],
    ['leaves alone what a backfill or reconciliation', 'run-2', false],
  ])('%s has stored just before this event', async (_what, run, removed) => {
    const layers = [aTop('5')];

    expect((await erased(layers, { run }, { sequencer: '50' })).includes('remove small/photo.jpg own 5')).toBe(removed);
  });

  test.each<[what: string, holder: string, removed: boolean]>([
    ['removes', 'run-1', true],
    ['leaves alone, if it has lost its claim,', 'run-2', false],
  ])('%s what a restored table has forgotten, for a reconciliation', async (_what, run, removed) => {
    const calls = await erased([aTop('6')], { run }, { job: RECONCILIATION });

    expect(calls.includes('remove small/photo.jpg own 6')).toBe(removed);
  });

  test('removes older versions without reading the record', async () => {
    expect(await erased([aTop('4')], { run: 'run-2' })).toContain('remove small/photo.jpg own 4');
  });
});
