import { recipeSchema } from '../../lambda-src/contract/recipe.ts';
import type { LedgerRecord } from '../../lambda-src/ports.ts';
import type { MemoryRenditions } from '../in-memory/buckets.ts';

export const RECIPE = recipeSchema.parse({
  renditions: [
    { name: 'a', prefix: 'a/', width: 100, height: 100 },
    { name: 'b', prefix: 'b/', width: 200, height: 200 },
  ],
});

/** What a person did to one key. */
export interface Deed {
  readonly key: string;
  readonly content: string | undefined;
  readonly versionId: string;
  /** As S3 would send it: trailing zeros may be missing. */
  readonly sequencer: string;
}

/** What a storm has left, and what it did on the way. */
interface Aftermath {
  readonly deeds: readonly Deed[];
  readonly record: (key: string) => Promise<LedgerRecord | undefined>;
  readonly renditions: MemoryRenditions;
  /** How often each version was announced. */
  readonly published: ReadonlyMap<string, number>;
  /** Versions whose outcome was written down. */
  readonly committed: ReadonlySet<string>;
  /** How often a version may have been announced once more, as a crash came between the message and its mark. */
  readonly excused: ReadonlyMap<string, number>;
  readonly deletePropagation: boolean;
  readonly backfills: boolean;
}

/** What does not hold of one key now that all is quiet. */
export async function violationsOf(key: string, aftermath: Aftermath): Promise<string[]> {
  const { renditions, published, committed, excused, deletePropagation, backfills } = aftermath;
  const deeds = aftermath.deeds.filter((deed) => deed.key === key);
  const told = deeds.filter(({ content }) => content !== undefined || deletePropagation);
  const newest = told.at(-1);
  const record = await aftermath.record(key);
  if (newest === undefined || record === undefined) return [`${key}: no record`];
  const found: string[] = [];
  const expect = (holds: boolean, sentence: string): void => {
    if (!holds) found.push(`${key}: ${sentence} (record ${JSON.stringify(record)}, deeds ${JSON.stringify(deeds)})`);
  };
  const stands = deeds.at(-1)?.content !== undefined;
  const status = newest.content === undefined ? ['gone'] : [newest.content === 'bad' ? 'failed' : 'processed', ...(stands ? [] : ['gone'])];
  expect(status.includes(record.status), `the status is not ${status.join(' or ')}`);
  expect(record.versionId === newest.versionId, 'the record is not of the newest version');
  for (const { prefix } of RECIPE.renditions) {
    const standing = renditions.bytes(prefix + key)?.toString();
    const head = await renditions.head(prefix + key);
    if (record.status === 'processed')
      expect(standing === `${prefix}${newest.content}` && head?.versionId === newest.versionId, `${prefix} is not of the newest version`);
    if (newest.content === undefined) expect(standing === undefined, `${prefix} of a deleted photo remains`);
  }
  for (const { body, versionId } of RECIPE.renditions.flatMap(({ prefix }) => renditions.history(prefix + key))) {
    const content = deeds.find((deed) => deed.versionId === versionId)?.content;
    expect(body.toString().endsWith(`/${content}`), `a rendition of ${versionId} was made from other bytes`);
  }
  for (const { versionId } of deeds) {
    const count = published.get(versionId) ?? 0;
    const most = (committed.has(versionId) ? 1 : 0) + (excused.get(versionId) ?? 0);
    expect(count <= most, `${versionId} was announced ${count} times`);
  }
  const due = record.status === 'processed' || record.status === 'failed';
  if (due && !backfills) expect((published.get(newest.versionId) ?? 0) >= 1, 'the newest version was never announced');
  return found;
}
