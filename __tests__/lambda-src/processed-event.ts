import { expect } from '@jest/globals';
import type { Dependencies } from '../../lambda-src/dependencies.ts';
import type {
  Claim,
  ClaimResult,
  LedgerRecord,
  ObjectHead,
  ReadResult,
  RenditionHead,
  SettleResult,
  UploadEvent,
} from '../../lambda-src/ports.ts';
import { processUpload } from '../../lambda-src/process-upload.ts';
import { MemoryPipeline } from '../in-memory/pipeline.ts';
import { aClaim, PROCESSED } from './upload-event.ts';

export const NOW = Date.parse('2026-03-04T06:00:00.000Z');
export const SEQUENCER = '0055'.padEnd(40, '0');
export const HEAD: ObjectHead = { etag: 'e1', versionId: 'v1', size: 3, lastModified: new Date('2026-03-04T05:06:07.089Z') };
export const CAT: ReadResult = {
  status: 'read',
  object: { ...HEAD, bytes: Buffer.from('cat'), contentType: 'image/jpeg', userMetadata: {} },
};

/** A settled record of the event that `aClaim` claims, by another invocation whose lease has expired. */
export function aRecord(different: Partial<LedgerRecord> = {}): LedgerRecord {
  return {
    ...{ status: 'processed', sequencer: SEQUENCER, owner: 'request-0', run: 'run-0', commit: 'run-0', leaseExpiresAt: 0 },
    ...{ byBackfill: false, effect: PROCESSED, versionId: 'v1', etag: 'e1', reportedVersions: ['v1'], notified: true },
    renditionsOf: { versionId: 'v1', sequencer: SEQUENCER },
    ...different,
  };
}

export interface Situation {
  readonly event?: Partial<UploadEvent>;
  /** The record that refuses the claim. */
  readonly refusedBy?: LedgerRecord;
  /** The record as it was before the claim. */
  readonly previous?: LedgerRecord;
  /** The record when it is read again. */
  readonly record?: LedgerRecord;
  /** What writes under the claim are answered, in their order; then they are settled. */
  readonly writes?: (SettleResult | Error)[];
  readonly heads?: ObjectHead | undefined;
  readonly reads?: ReadResult | Error;
  /** What is on top of the rendition's key, if anything. */
  readonly top?: RenditionHead;
  readonly deletePropagation?: boolean;
  readonly announces?: boolean;
  readonly releaseFails?: boolean;
}

/** Processes one event with ports that give set answers, and returns the changes that were requested of them. */
export async function processed(situation: Situation) {
  const { event = {}, refusedBy, previous, record, heads, reads = CAT, top, deletePropagation = false, announces = true } = situation;
  const calls: string[] = [];
  const claims: Claim[] = [];
  const writes = [...(situation.writes ?? [])];
  const written = async (call: string): Promise<SettleResult> => {
    calls.push(call);
    const answer = writes.shift() ?? { status: 'settled' };
    if (answer instanceof Error) throw answer;
    return answer;
  };
  let isOnTop = top !== undefined;
  const dependencies: Dependencies = {
    ...new MemoryPipeline().parts.dependencies,
    deletePropagation,
    announces: () => announces,
    ledger: {
      read: async () => record,
      claim: async (claim): Promise<ClaimResult> => {
        claims.push(claim);
        return refusedBy === undefined ? { status: 'claimed', event: claim.event, previous } : { status: 'refused', record: refusedBy };
      },
      commit: (_claim, effect, { announce, reported }) =>
        written(`commit ${effect.status}${announce ? ', to be announced' : ''}, reported: ${reported.join(' ')}`),
      forget: (_claim, status) => written(`forget, ${status}`),
      release: async (_claim, status, options) => {
        calls.push(`release as ${status}${options?.expires ? ', to expire' : ''}`);
        if (situation.releaseFails) throw new Error('DynamoDB is throttled');
        return true;
      },
      startSending: async ({ commit }) => calls.push(`send the message of ${commit}`) > 0,
      finishSending: async (_sending, sent) => void calls.push(sent ? 'sent' : 'not sent'),
    },
    originals: {
      head: async () => heads,
      read: async (request) => {
        calls.push(`read ${request.etag ?? 'whatever is there'}, up to ${request.maxBytes} bytes`);
        if (reads instanceof Error) throw reads;
        return reads;
      },
    },
    renditions: {
      head: async () => (isOnTop ? top : undefined),
      put: async () => (calls.push('store') > 0 ? 'stored' : 'changed'),
      remove: async () => {
        calls.push('remove the rendition');
        isOnTop = false;
      },
    },
    notifier: { publish: async ({ subject }) => void calls.push(`publish ${subject}`) },
  };
  const invocation = { owner: 'request-1', run: 'run-1', now: () => NOW, remainingMilliseconds: () => 60_000, timeoutMilliseconds: 60_000 };
  const attempt = processUpload(aClaim({ event }).event, dependencies, invocation);
  const result = await attempt.catch((error: unknown) => ({ thrown: error }));
  return { result, calls, claims };
}

export const outcome = (status: string, more: object = {}) => ({ outcome: { status, key: 'photo.jpg', ...more }, counted: true });
export const DUPLICATE = outcome('duplicate', { inProgress: false });
export const IN_PROGRESS = outcome('duplicate', { inProgress: true });
export const thrown = (code: string, message: string) => ({ thrown: expect.objectContaining({ code, message }) });
export const MADE = { status: 'processed', key: 'photo.jpg', renditions: [{ key: 'small/photo.jpg' }] };

/** What a run of this event stored: on top, and of its sequencer. */
export const OURS_ON_TOP: RenditionHead = { etag: 'x', ownVersionId: 'own', sequencer: SEQUENCER, versionId: 'v9', recipeHash: 'recipe-1' };
