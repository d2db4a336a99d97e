import type { Claim, ClaimResult, Effect, Ledger, LedgerRecord } from '../../lambda-src/ports.ts';

type Stored = Omit<LedgerRecord, 'notified' | 'byBackfill'> & {
  readonly job?: string | undefined;
  readonly notifiedSequencer?: string | undefined;
};

/** The ledger in memory, with the conditions of the one in DynamoDB; the contract tests hold both to them. */
export class MemoryLedger implements Ledger {
  readonly #records = new Map<string, Stored>();

  async read(bucket: string, key: string): Promise<LedgerRecord | undefined> {
    const stored = this.#records.get(`${bucket}/${key}`);
    return stored === undefined ? undefined : recordOf(stored);
  }

  async claim(claim: Claim): Promise<ClaimResult> {
    const { event } = claim;
    const record = this.#at(claim);
    if (record === undefined) return this.#grant(claim);
    if (event.kind === 'backfill') {
      const same = record.status === 'gone' || (record.versionId === event.versionId && record.etag === event.etag);
      const granted = same && (isFree(record, claim) || isRenewable(record, claim));
      return granted
        ? this.#grant({ ...claim, event: { ...event, sequencer: record.sequencer } })
        : { status: 'refused', record: recordOf(record) };
    }
    const newer = record.sequencer < event.sequencer;
    const resumed = record.sequencer === event.sequencer && isFree(record, claim);
    return newer || resumed ? this.#grant(claim) : { status: 'refused', record: recordOf(record) };
  }

  async takeOver(claim: Claim): Promise<boolean> {
    const record = this.#at(claim);
    const free = record !== undefined && (record.leaseExpiresAt <= claim.now || record.owner === claim.owner);
    if (!free || record.sequencer !== claim.event.sequencer || recordOf(record).notified) return false;
    return this.#put(claim, { ...record, owner: claim.owner, leaseExpiresAt: claim.leaseExpiresAt });
  }

  async commit(claim: Claim, effect: Effect, announce: boolean): Promise<boolean> {
    const record = this.#ours(claim);
    return record !== undefined && this.#put(claim, { ...record, status: effect.status, effect, ...(announce ? {} : announced(claim)) });
  }

  async release(claim: Claim, status: 'superseded' | 'gone' | 'processing'): Promise<boolean> {
    const record = this.#ours(claim);
    if (record === undefined || (record.status !== 'processing' && record.status !== status)) return false;
    return this.#put(claim, { ...record, status, effect: undefined, leaseExpiresAt: 0 });
  }

  async markNotified(claim: Claim): Promise<boolean> {
    const record = this.#ours(claim);
    return record !== undefined && this.#put(claim, { ...record, ...announced(claim), leaseExpiresAt: 0 });
  }

  #at({ event }: Claim): Stored | undefined {
    return this.#records.get(`${event.bucket}/${event.key}`);
  }

  #ours(claim: Claim): Stored | undefined {
    const record = this.#at(claim);
    return record?.owner === claim.owner && record.sequencer === claim.event.sequencer ? record : undefined;
  }

  #grant(claim: Claim): ClaimResult {
    const { sequencer, versionId, etag, job } = claim.event;
    const { owner, leaseExpiresAt, recipeHash } = claim;
    const notifiedSequencer = this.#at(claim)?.notifiedSequencer;
    this.#put(claim, { status: 'processing', sequencer, versionId, etag, recipeHash, owner, leaseExpiresAt, notifiedSequencer, job });
    return { status: 'claimed', event: claim.event, notified: notifiedSequencer === sequencer };
  }

  #put({ event }: Claim, record: Stored): true {
    this.#records.set(`${event.bucket}/${event.key}`, record);
    return true;
  }
}

function recordOf(stored: Stored): LedgerRecord {
  return { ...stored, notified: stored.notifiedSequencer === stored.sequencer, byBackfill: stored.job !== undefined };
}

function announced({ event }: Claim): Pick<Stored, 'notifiedSequencer'> {
  return { notifiedSequencer: event.sequencer };
}

function isFree(record: Stored, { now, owner }: Claim): boolean {
  return record.status === 'processing' && (record.leaseExpiresAt <= now || record.owner === owner);
}

function isRenewable(record: Stored, { now, recipeHash, event }: Claim): boolean {
  if (!recordOf(record).notified && record.leaseExpiresAt > now) return false;
  if (record.status === 'superseded' || record.status === 'gone') return true;
  if (record.status === 'processed') return record.recipeHash !== recipeHash;
  return record.status === 'failed' && record.job !== event.job;
}
