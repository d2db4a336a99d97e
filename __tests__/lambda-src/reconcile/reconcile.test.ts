import { describe, expect, test } from '@jest/globals';
import type { Item } from '../../../lambda-src/adapters/ledger-item.ts';
import type { ListedObject, Walk } from '../../../lambda-src/adapters/photo-listing.ts';
import type { HandlerSettings } from '../../../lambda-src/contract/environment.ts';
import { recipeHash } from '../../../lambda-src/contract/recipe.ts';
import { type Progress, reconcile } from '../../../lambda-src/reconcile/reconcile.ts';
import { SETTINGS } from '../../in-memory/pipeline.ts';

const NOW = Date.parse('2026-03-04T05:06:07Z');
const LONG_AGO = new Date(NOW - 86_400_000);
const PAGE = 2;

const PROCESSED: Item = {
  ...{ Run: { S: 'run' }, Status: { S: 'processed' }, SettledStatus: { S: 'processed' }, ETag: { S: 'etag' } },
  ...{ RecipeHash: { S: recipeHash(SETTINGS.recipe) }, Sequencer: { S: '55' } },
};
const RECORDS = {
  processed: PROCESSED,
  failed: { ...PROCESSED, Status: { S: 'failed' }, SettledStatus: { S: 'failed' } },
  replaced: { ...PROCESSED, ETag: { S: 'another' } },
  gone: { Run: { S: 'run' }, Status: { S: 'gone' }, ETag: { S: 'etag' } },
  abandoned: { Run: { S: 'run' }, Status: { S: 'processing' }, LeaseExpiresAt: { N: '0' } },
  held: { Run: { S: 'run' }, Status: { S: 'processing' }, LeaseExpiresAt: { N: String(NOW + 1) } },
  unannounced: { ...PROCESSED, Announcement: { S: 'pending' } },
} satisfies Record<string, Item>;

interface Account {
  /** Keys of the upload bucket and their records, or when they were uploaded. */
  readonly uploads: Readonly<Record<string, keyof typeof RECORDS | Date | 'no record'>>;
  /** Keys of the output bucket. */
  readonly renditions?: readonly string[];
}

/** A reconciler over an account in memory, whose runs end after some pages. */
function reconcilerOf({ uploads, renditions = [] }: Account, different: Partial<HandlerSettings> = {}) {
  const settings = { ...SETTINGS, ...different };
  const byBytes = (keys: readonly string[]) => keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const keys = { [settings.uploadBucket]: byBytes(Object.keys(uploads)), [settings.outputBucket ?? '']: byBytes(renditions) };
  const asked: string[] = [];
  const walks: Walk[] = [];
  let progress: Progress | undefined;
  let writes = 0;
  const run = (pages = Number.POSITIVE_INFINITY, { repair = true } = {}) => {
    let left = pages;
    return reconcile(
      {
        settings,
        listing: {
          async *objects(walk) {
            walks.push(walk);
            const { bucket, prefix, startAfter = '' } = walk;
            const isListed = (key: string) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) > 0;
            const listed = (keys[bucket] ?? []).filter(isListed);
            for (let at = 0; at < listed.length; at += PAGE)
              yield listed.slice(at, at + PAGE).map((key): ListedObject => {
                const state = uploads[key];
                return { key, etag: 'etag', size: 3, lastModified: state instanceof Date ? state : LONG_AGO };
              });
          },
          items: async (wanted) =>
            new Map(
              wanted.flatMap((key): [string, Item][] => {
                const state = uploads[key];
                return typeof state === 'string' && state !== 'no record' ? [[key, RECORDS[state]]] : [];
              }),
            ),
        },
        bookmark: {
          read: async () => progress,
          write: async (written) => {
            writes += 1;
            progress = written;
          },
        },
        repair: repair ? async (key) => void asked.push(key) : undefined,
      },
      { now: () => NOW, remainingMilliseconds: () => (--left > 0 ? 60_000 : 40_000) },
    );
  };
  return { run, asked, walks, progress: () => progress, writes: () => writes, leave: (left: Progress) => (progress = left) };
}

const MANY: Account['uploads'] = {
  'a.jpg': 'processed',
  'b.jpg': 'no record',
  'c.jpg': 'replaced',
  'd.jpg': 'gone',
  'e.jpg': 'abandoned',
  'f.jpg': 'unannounced',
  'g.jpg': 'failed',
  'h.jpg': 'held',
  'i.txt': 'no record',
};

describe('a reconciliation', () => {
  test('counts photos without an effect and photos that were not finished, and asks the function for both', async () => {
    const { run, asked } = reconcilerOf({ uploads: MANY });

    expect(await run()).toEqual({ missing: 3, stuck: 2, orphaned: 0, handedOver: 5, isComplete: true });
    expect(asked.toSorted()).toEqual(['b.jpg', 'c.jpg', 'd.jpg', 'e.jpg', 'f.jpg']);
  });

  test('only counts where nothing is to be repaired', async () => {
    const { run, asked } = reconcilerOf({ uploads: MANY });

    expect(await run(99, { repair: false })).toMatchObject({ missing: 3, stuck: 2, handedOver: 0 });
    expect(asked).toEqual([]);
  });

  test.each([
    ['15 minutes', 90, 15 * 60],
    ['as long as three attempts of a slow function take', 930, 930 * 3 + 300],
  ])('lets the event of an upload be on the way for %s', async (_what, leaseSeconds, grace) => {
    const uploads = { 'young.jpg': new Date(NOW - grace * 1000 + 1), 'old.jpg': new Date(NOW - grace * 1000) };
    const { run, asked } = reconcilerOf({ uploads }, { leaseSeconds });

    expect(await run()).toMatchObject({ missing: 1 });
    expect(asked).toEqual(['old.jpg']);
  });

  test('that has no time left continues where it stopped, and adds up what it has found', async () => {
    const { run, asked, progress } = reconcilerOf({ uploads: MANY });

    expect(await run(1)).toEqual({ missing: 1, stuck: 0, orphaned: 0, handedOver: 1, isComplete: false });
    expect(progress()).toEqual({ part: 'uploads', after: 'b.jpg', found: { missing: 1, stuck: 0, orphaned: 0 } });
    expect(await run(2)).toEqual({ missing: 3, stuck: 2, orphaned: 0, handedOver: 4, isComplete: false });
    expect(await run()).toEqual({ missing: 3, stuck: 2, orphaned: 0, handedOver: 0, isComplete: true });
    expect(asked).toHaveLength(5);
  });

  test('begins again after it is complete, or if its progress is of another recipe', async () => {
    const { run, progress, leave } = reconcilerOf({ uploads: MANY });
    const START = { part: 'uploads', after: '', found: { missing: 0, stuck: 0, orphaned: 0 } };

    await run();
    expect(progress()).toEqual(START);
    leave({ part: 'renditions removed', after: 'z.jpg', found: { missing: 9, stuck: 9, orphaned: 9 } });
    expect(await run()).toMatchObject({ missing: 3, stuck: 2, orphaned: 0 });
  });

  test('writes its progress down now and then, so that a run that dies loses little of it', async () => {
    const uploads = Object.fromEntries(Array.from({ length: 101 * PAGE }, (_, n) => [`${n}.jpg`, 'processed' as const]));
    const { run, writes } = reconcilerOf({ uploads });

    await run();
    expect(writes()).toBe(3);
  });

  test('asks for 100,000 keys at most, as uploads would otherwise wait behind them, and counts all', async () => {
    const uploads = Object.fromEntries(Array.from({ length: 100_005 }, (_, n) => [`${n}.jpg`, 'no record' as const]));
    const { run, asked } = reconcilerOf({ uploads });

    expect(await run()).toMatchObject({ missing: 100_005, handedOver: 100_000 });
    expect(asked).toHaveLength(100_000);
  });

  test('lists only under the prefix of the trigger', async () => {
    const { run, walks } = reconcilerOf({ uploads: { 'in/a.jpg': 'no record', 'out/b.jpg': 'no record' } }, { triggerPrefix: 'in/' });

    expect(await run()).toMatchObject({ missing: 1 });
    expect(walks.map(({ prefix }) => prefix)).toEqual(['in/', 'small/in/']);
  });
});

describe('renditions without an original', () => {
  const uploads: Account['uploads'] = { 'a.jpg': 'processed', 'c.jpg': 'processed', 'é.jpg': 'processed', '\u{1F600}.jpg': 'processed' };
  const renditions = ['small/a.jpg', 'small/b.jpg', 'small/c.jpg', 'small/d.jpg', 'small/é.jpg', 'small/\uFF5E.jpg', 'small/\u{1F600}.jpg'];
  const orphaned = ['b.jpg', 'd.jpg', '\uFF5E.jpg'];

  test('are counted, whatever characters their keys have', async () => {
    const { run, asked } = reconcilerOf({ uploads, renditions });

    expect(await run()).toMatchObject({ missing: 0, orphaned: 3, handedOver: 0 });
    expect(asked).toEqual([]);
  });

  test('are erased with delete propagation, which keeps none on purpose', async () => {
    const { run, asked } = reconcilerOf({ uploads, renditions }, { deletePropagation: true });

    expect(await run()).toMatchObject({ orphaned: 3, handedOver: 3 });
    expect(asked).toEqual(orphaned);
  });

  test('are found by runs that stop after every page', async () => {
    const { run, asked } = reconcilerOf({ uploads, renditions }, { deletePropagation: true });

    for (let runs = 0; !(await run(1)).isComplete; runs += 1) expect(runs).toBeLessThan(20);
    expect(asked).toEqual(orphaned);
  });

  test('of keys that the trigger does not match are left alone', async () => {
    const { run } = reconcilerOf({ uploads, renditions: ['small/note.txt', 'other/b.jpg'] });

    expect(await run()).toMatchObject({ orphaned: 0 });
  });

  test.each([
    ['{prefix}{width}x{height}/{key}', 'small/100x100/b.jpg', 1],
    ['{prefix}{rendition}-{key}', 'small/small-b.jpg', 1],
    ['{prefix}{key}.webp', 'small/b.jpg.webp', 0],
    ['{prefix}{dir}/{name}.{ext}', 'small/b.jpg', 0],
    ['{prefix}{hash}/{key}', 'small/0123/b.jpg', 0],
  ])('are found if the whole key of the original is at their end: %s', async (key, rendition, found) => {
    const [first] = SETTINGS.recipe.renditions;
    if (first === undefined) throw new Error('the recipe has a rendition');
    const recipe = { ...SETTINGS.recipe, renditions: [{ ...first, key }] };

    expect(await reconcilerOf({ uploads, renditions: [rendition] }, { recipe }).run()).toMatchObject({ orphaned: found });
  });
});
