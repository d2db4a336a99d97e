import type { LedgerRecord } from '../../lambda-src/ports.ts';
import { changed } from './changed.ts';
import type { Mutant, StormPorts } from './simulation.ts';

const unresumed = (record: LedgerRecord): LedgerRecord => ({ ...record, notified: true });

/** The protocol, each time without one of its guarantees. The storm must notice every one of them. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'no compare-and-swap': {
    ports: (ports) => ({
      ...ports,
      renditions: changed(ports.renditions, {
        head: async () => undefined,
        put: async (upload) => ports.renditions.put({ ...upload, replaces: (await ports.renditions.head(upload.key))?.etag }),
      }),
    }),
  },
  'sequencers compared as plain strings': {
    event: (event, rawSequencer) => ({ ...event, sequencer: rawSequencer }),
  },
  'no lease': { leaseSeconds: 0 },
  'commit without condition': {
    ports: (ports) => ({
      ...ports,
      ledger: changed(ports.ledger, {
        commit: async (claim, effect, announce) => {
          const record = await ports.ledger.read(claim.event.bucket, claim.event.key);
          if (record === undefined) return false;
          const forced = { ...claim, owner: record.owner, event: { ...claim.event, sequencer: record.sequencer } };
          return ports.ledger.commit(forced, effect, announce);
        },
      }),
    }),
  },
  'notify before commit': {
    ports: (ports): StormPorts => ({
      ...ports,
      ledger: changed(ports.ledger, {
        commit: async (claim, effect, announce) => {
          await ports.publish();
          return ports.ledger.commit(claim, effect, announce);
        },
      }),
      publish: async () => undefined,
    }),
  },
  'read without If-Match': {
    ports: (ports) => ({
      ...ports,
      originals: changed(ports.originals, {
        read: async ({ etag: _ignored, ...request }) => {
          const answer = await ports.originals.read(request);
          return answer.status === 'read' ? { status: 'read', object: { ...answer.object, versionId: undefined } } : answer;
        },
      }),
    }),
  },
  'unmarked notification never resumed': {
    ports: (ports) => ({
      ...ports,
      ledger: changed(ports.ledger, {
        claim: async (claim) => {
          const answer = await ports.ledger.claim(claim);
          return answer.status === 'refused' ? { status: 'refused', record: unresumed(answer.record) } : answer;
        },
      }),
    }),
  },
};
