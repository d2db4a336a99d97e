import { type InspectedPhoto, inspect } from '../photos/inspection.ts';
import type { PhotoStores, Walk } from '../photos/photo-stores.ts';
import { lacksRenditions, standingRenditions } from '../photos/standing-renditions.ts';
import { type Findings, Tally } from '../photos/tally.ts';
import { concurrently } from '../pipeline/concurrently.ts';

export interface AuditOptions extends Walk {
  /** Whether the renditions of processed photos are looked for: one request each. */
  readonly renditions: boolean;
  /** How many keys of each state are remembered. */
  readonly keys: number;
  /** Told after every page. */
  readonly onPage?: (findings: Findings, lastKey: string) => void;
}

/** Photos whose renditions are looked for at once. */
const HEADS_AT_ONCE = 32;

/** Walks the upload bucket and counts what became of every photo. */
export async function auditBucket(stores: PhotoStores, options: AuditOptions, now?: () => number): Promise<Findings> {
  const tally = new Tally(options.keys);
  for await (const page of inspect(stores, options, now)) {
    const photos = options.renditions ? await withRenditions(page.photos, stores) : page.photos;
    tally.addPage({ ...page, photos });
    options.onPage?.(tally.findings(), photos.at(-1)?.upload.key ?? '');
  }
  return tally.findings();
}

async function withRenditions(photos: readonly InspectedPhoto[], stores: PhotoStores): Promise<InspectedPhoto[]> {
  const checked: InspectedPhoto[] = [];
  for await (const photo of concurrently(photos, HEADS_AT_ONCE, (one) => withRendition(one, stores))) checked.push(photo);
  return checked;
}

async function withRendition(photo: InspectedPhoto, stores: PhotoStores): Promise<InspectedPhoto> {
  if (photo.state !== 'processed') return photo;
  const renditions = await standingRenditions(stores, photo.upload.key, photo.recordedVersionId);
  return lacksRenditions(renditions) ? { ...photo, state: 'renditions' } : photo;
}
