import { padSequencer } from '../../lambda-src/events/sequencer.ts';
import type { Claim, Effect, UploadEvent } from '../../lambda-src/ports.ts';

/** Makes an upload event for `photo.jpg`. */
function anUpload(different: Partial<UploadEvent> = {}): UploadEvent {
  return {
    kind: 'created',
    bucket: 'uploads',
    key: 'photo.jpg',
    versionId: 'v1',
    etag: 'e1',
    size: 3,
    sequencer: padSequencer('0055'),
    time: new Date('2026-03-04T05:06:07.089Z'),
    ...different,
  };
}

/** Makes a claim on that upload at time 1,000 with a lease until 2,000. */
export function aClaim(different: Partial<Omit<Claim, 'event'>> & { event?: Partial<UploadEvent> } = {}): Claim {
  return {
    owner: 'request-1',
    run: different.owner ?? 'request-1',
    now: 1_000,
    leaseExpiresAt: 2_000,
    recipeHash: 'recipe-1',
    ...different,
    event: anUpload(different.event),
  };
}

export const PROCESSED: Extract<Effect, { status: 'processed' }> = {
  status: 'processed',
  bucket: 'uploads',
  key: 'photo.jpg',
  versionId: 'v1',
  size: 3,
  contentType: 'image/jpeg',
  uploadedAt: '2026-03-04T05:06:07.089Z',
  processedAt: '2026-03-04T05:06:08.000Z',
  image: { width: 40, height: 30, format: 'jpeg', thumbHash: 'aGFzaA==' },
  renditions: [{ name: 'thumbnail', key: 'thumbnails/photo.jpg', width: 20, height: 15, format: 'jpeg', bytes: 2 }],
};

/** The same effect under a recipe with a manifest. */
export const LISTED: typeof PROCESSED = {
  ...PROCESSED,
  image: { ...PROCESSED.image, averageColour: '#336699' },
  renditions: PROCESSED.renditions.map((rendition) => ({ ...rendition, hash: '0123456789abcdef' })),
};

/** The same effect under a recipe that asks for metadata. */
export const DESCRIBED: typeof LISTED = {
  ...LISTED,
  metadata: {
    ...{ captureTime: '2026-03-04T05:06:07+01:00', camera: 'Acme One', copyright: '(c) Zoe', caption: 'A beach' },
    gps: { latitude: 51.477778, longitude: -0.0005 },
  },
};

export const FAILED: Extract<Effect, { status: 'failed' }> = {
  status: 'failed',
  bucket: 'uploads',
  key: 'photo.jpg',
  size: 3,
  uploadedAt: '2026-03-04T05:06:07.089Z',
  processedAt: '2026-03-04T05:06:08.000Z',
  failureCode: 'Corrupt',
  detail: 'truncated',
};
