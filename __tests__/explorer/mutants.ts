import { RECONCILIATION } from '../../lambda-src/backfill.ts';
import { imageNotification } from '../../lambda-src/notification.ts';
import type { Claim } from '../../lambda-src/ports.ts';
import { renditionMetadata } from '../../lambda-src/rendition-metadata.ts';
import type { S3Record } from '../in-memory/pipeline.ts';
import { changed } from './changed.ts';
import { type Mutant, type Ports, QUARANTINE } from './stage.ts';

/** Replaces some methods of one port. */
const withPort = <Name extends keyof Ports>(name: Name, methods: (ports: Ports) => Partial<Ports[Name]>): Mutant => ({
  ports: (ports) => ({ ...ports, [name]: changed(ports[name], methods(ports)) }),
});

/** The trigger does not send events with names that begin so. */
const undelivered = (eventName: string): Mutant => ({
  record: (record) => (record.eventName.startsWith(eventName) ? { ...record, eventName: 'ObjectTagging:Put' } : record),
});

/** Sequencers that the handler orders as their spellings would be ordered as plain text: the shorter first. */
function spelledOut(record: S3Record): S3Record {
  const { object } = record.s3;
  const spelling = String(object.sequencer);
  const sequencer = spelling.padEnd(38, '0') + spelling.length.toString(16).padStart(2, '0');
  return { ...record, s3: { ...record.s3, object: { ...object, sequencer } } };
}

const message = ({ event: { bucket, key } }: Claim, commit: string | undefined) => ({
  bucket,
  key,
  commit,
  owner: 'nobody',
  run: 'nobody',
  now: 0,
  expiresAt: 0,
});

const isManifest = (key: string): boolean => key.startsWith('manifests/');

async function storeLate({ event, recipeHash }: Claim, { originals, renditions }: Ports): Promise<void> {
  const read = await originals.read({ bucket: event.bucket, key: event.key, etag: event.etag, maxBytes: 1000 });
  if (read.status !== 'read') return;
  const key = `small/${event.key}`;
  const { kept: metadata } = renditionMetadata(event, read.object, recipeHash, new Date(0));
  const body = Buffer.from(`small/${read.object.bytes}`);
  await renditions.put({ key, body, contentType: 'image/jpeg', metadata, replaces: (await renditions.head(key))?.etag });
}

/** The protocol, each time with one guarantee broken. The explorer and the storm must notice every one of them. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'renditions are stored without compare-and-swap': withPort('renditions', (ports) => ({
    head: async () => undefined,
    put: async (upload) => ports.renditions.put({ ...upload, replaces: (await ports.renditions.head(upload.key))?.etag }),
  })),
  'sequencers are compared as plain text': { record: spelledOut },
  'a claim has no lease': { dependencies: { leaseSeconds: 0 } },
  'a commit has no condition': withPort('ledger', ({ ledger }) => ({
    commit: async (claim, effect, options) => {
      const record = await ledger.read(claim.event.bucket, claim.event.key);
      if (record?.run === undefined) return ledger.commit(claim, effect, options);
      const forced = { ...claim, run: record.run, event: { ...claim.event, sequencer: record.sequencer } };
      return ledger.commit(forced, effect, options);
    },
  })),
  'a message is sent before its effect is committed': {
    ports: (ports) => ({
      ...ports,
      ledger: changed(ports.ledger, {
        commit: async (claim, effect, options) => {
          if (options.announce) await ports.notifier.publish(imageNotification(effect, 'test'));
          return ports.ledger.commit(claim, effect, options);
        },
      }),
      notifier: { publish: async () => undefined },
    }),
  },
  'originals are read whatever their version': withPort('originals', (ports) => ({
    read: async ({ etag: _ignored, ...request }) => {
      const answer = await ports.originals.read(request);
      return answer.status === 'read' ? { status: 'read', object: { ...answer.object, versionId: undefined } } : answer;
    },
  })),
  'a message that was not marked as sent is never resumed': withPort('ledger', ({ ledger }) => ({
    claim: async (claim) => {
      const answer = await ledger.claim(claim);
      return answer.status === 'refused' ? { ...answer, record: { ...answer.record, announcement: undefined, notified: true } } : answer;
    },
  })),
  'a late duplicate withdraws what was stored for it': withPort('ledger', ({ ledger, renditions }) => ({
    claim: async (claim) => {
      const answer = await ledger.claim(claim);
      const key = `small/${claim.event.key}`;
      const top = await renditions.head(key);
      if (answer.status === 'refused' && answer.record.sequencer > claim.event.sequencer && top?.sequencer === claim.event.sequencer)
        await renditions.remove(key, top);
      return answer;
    },
  })),
  'a newer upload forgets the message of the effect it replaces': withPort('ledger', ({ ledger }) => ({
    claim: async (claim) => {
      const answer = await ledger.claim(claim);
      if (answer.status !== 'claimed' || answer.previous?.announcement === undefined) return answer;
      const { commit } = answer.previous;
      await ledger.startSending(message(claim, commit));
      await ledger.finishSending(message(claim, commit), true);
      return { ...answer, previous: { ...answer.previous, announcement: undefined, notified: true } };
    },
  })),
  'two runs of one request are not distinguished': { run: (request) => request },
  'a removal is taken to leave nothing': withPort('originals', (ports) => ({
    head: async () => undefined,
    read: async (request) => (request.etag === undefined ? { status: 'gone', deleteMarker: true } : ports.originals.read(request)),
  })),
  'the deletion of a version is not delivered': undelivered('ObjectRemoved:Delete'),
  'lifecycle expirations are not delivered': undelivered('LifecycleExpiration:'),
  'a record keeps what it knew of a deleted photo': withPort('ledger', ({ ledger }) => ({
    forget: async (claim, status) => {
      if (status === 'gone') await ledger.release(claim, 'gone');
      return { status: 'settled' };
    },
  })),
  'a reconciliation does not remember what it has reported': withPort('ledger', ({ ledger }) => ({
    commit: async (claim, effect, options) =>
      ledger.commit(claim, effect, claim.event.job === RECONCILIATION ? { ...options, reported: [] } : options),
  })),
  'a rendition that a restored table has forgotten is taken for a newer one': withPort('renditions', (ports) => ({
    put: async (upload) => {
      const top = await ports.renditions.head(upload.key);
      const { 'original-sequencer': sequencer = '' } = upload.metadata;
      return (top?.sequencer ?? '') > sequencer ? 'stored' : ports.renditions.put(upload);
    },
  })),
  'an original is tagged whatever its version': withPort('failedOriginals', (ports) => ({
    tag: async ({ bucket, key }, code) => {
      const { versionId } = (await ports.originals.head(bucket, key)) ?? {};
      return versionId === undefined ? 'done' : ports.failedOriginals.tag({ bucket, key, versionId }, code);
    },
  })),
  'copies in quarantine outlive the photo': withPort('renditions', (ports) => ({
    remove: async (key, head) => (key.startsWith(QUARANTINE) ? undefined : ports.renditions.remove(key, head)),
    head: async (key, options) => (key.startsWith(QUARANTINE) ? undefined : ports.renditions.head(key, options)),
  })),
  'a 404 is always believed': withPort('originals', (ports) => ({
    read: async (request) => {
      const answer = await ports.originals.read(request);
      return answer.status === 'gone' ? { status: 'gone', deleteMarker: true } : answer;
    },
  })),
  'renditions are stored after the manifest that lists them': {
    ports: (ports) => ({
      ...ports,
      renditions: changed(ports.renditions, {
        put: async (upload) => (upload.key.startsWith('small/') ? 'stored' : ports.renditions.put(upload)),
      }),
      ledger: changed(ports.ledger, {
        commit: async (claim, effect, options) => {
          if (effect.status === 'processed') await storeLate(claim, ports);
          return ports.ledger.commit(claim, effect, options);
        },
      }),
    }),
  },
  'a manifest outlives its photo': withPort('renditions', (ports) => ({
    head: async (key, options) => (isManifest(key) && options?.deleteMarkers ? undefined : ports.renditions.head(key, options)),
  })),
  'a failed photo keeps the manifest of the version before': withPort('renditions', (ports) => ({
    put: async (upload) => (isManifest(upload.key) && upload.body.includes('failed') ? 'stored' : ports.renditions.put(upload)),
  })),
};
