import { backfillMayClaim, sequencerForBackfill } from '../../lambda-src/backfill.ts';
import type {
  Claim,
  ClaimResult,
  CommitOptions,
  Effect,
  Ledger,
  LedgerRecord,
  Picture,
  RecordStatus,
  Sending,
  SettleResult,
} from '../../lambda-src/ports.ts';

export interface Stored extends Omit<LedgerRecord, 'notified' | 'byBackfill' | 'announcement'> {
  readonly message?:
    | { readonly state: 'pending' | 'sending'; readonly owner?: string; readonly run?: string; readonly expiresAt: number }
    | undefined;
  /** Whether the record expires. */
  readonly expires?: boolean;
}

/** The ledger in memory, with the conditions of the one in DynamoDB; the contract tests hold both to them. */
export class MemoryLedger implements Ledger {
  #records = new Map<string, Stored>();

  /** Everything that the ledger holds, so that it can be brought back. */
  get contents(): ReadonlyMap<string, Stored> {
    return new Map(this.#records);
  }

  set contents(records: ReadonlyMap<string, Stored>) {
    this.#records = new Map(records);
  }

  async read(bucket: string, key: string): Promise<LedgerRecord | undefined> {
    return recordOf(this.#records.get(`${bucket}/${key}`));
  }

  async claim(claim: Claim): Promise<ClaimResult> {
    const { owner, run, leaseExpiresAt } = claim;
    const record = this.#at(claim.event);
    if (record !== undefined && !mayClaim(record, claim)) return { status: 'refused', record: known(record) };
    const ofBackfill = record === undefined ? '' : sequencerForBackfill(known(record));
    const sequencer = claim.event.job === undefined ? claim.event.sequencer : ofBackfill;
    const event = { ...claim.event, sequencer };
    this.#put(event, {
      ...(record ?? { reportedVersions: [] }),
      ...{ status: 'processing', sequencer, owner, run, leaseExpiresAt, job: event.job, expires: false },
    });
    return { status: 'claimed', event, previous: recordOf(record) };
  }

  async commit(claim: Claim, effect: Effect, { announce, reported, manifest = false }: CommitOptions): Promise<SettleResult> {
    if (this.#at(claim.event)?.commit === claim.run) return { status: 'settled' };
    const { versionId, etag, sequencer } = claim.event;
    return this.#settle(claim, (record) => ({
      ...record,
      ...{ status: effect.status, effect, versionId, etag, recipeHash: claim.recipeHash, reportedVersions: reported, commit: claim.run },
      renditionsOf: effect.status === 'processed' ? { versionId, sequencer, picture: pictureOf(effect) } : record.renditionsOf,
      manifestOf: manifest ? { versionId, sequencer } : record.manifestOf,
      message: announce ? { state: 'pending', expiresAt: 0 } : undefined,
    }));
  }

  async forget(claim: Claim, status: 'processing' | 'gone'): Promise<SettleResult> {
    return this.#settle(claim, ({ sequencer, owner, run, leaseExpiresAt, reportedVersions, job }) => ({
      ...{ status, sequencer, owner, run, reportedVersions, ...(status === 'gone' ? {} : { job }) },
      leaseExpiresAt: status === 'gone' ? 0 : leaseExpiresAt,
      expires: status === 'gone',
    }));
  }

  async release(claim: Claim, status: RecordStatus, { expires } = { expires: status === 'superseded' }): Promise<boolean> {
    const record = this.#ours(claim);
    if (record === undefined || (record.status !== 'processing' && record.status !== status)) return false;
    const effect = status === 'gone' ? undefined : record.effect;
    this.#put(claim.event, { ...record, status, effect, leaseExpiresAt: 0, expires });
    return true;
  }

  async startSending({ bucket, key, commit, owner, run, now, expiresAt }: Sending): Promise<boolean> {
    const record = this.#at({ bucket, key });
    const { message } = record ?? {};
    if (record === undefined || message === undefined || record.commit !== commit) return false;
    if (message.state === 'sending' && message.run !== run && message.expiresAt > now) return false;
    this.#put({ bucket, key }, { ...record, message: { state: 'sending', owner, run, expiresAt } });
    return true;
  }

  async finishSending({ bucket, key, run }: Sending, sent: boolean): Promise<void> {
    const record = this.#at({ bucket, key });
    if (record?.message?.run !== run) return;
    this.#put({ bucket, key }, { ...record, message: sent ? undefined : { state: 'pending', expiresAt: 0 } });
  }

  #settle(claim: Claim, change: (record: Stored) => Stored): SettleResult {
    const record = this.#ours(claim);
    if (record === undefined || record.message !== undefined) {
      return { status: 'refused', record: known(this.#at(claim.event) ?? NO_RECORD) };
    }
    this.#put(claim.event, change(record));
    return { status: 'settled' };
  }

  #at({ bucket, key }: { bucket: string; key: string }): Stored | undefined {
    return this.#records.get(`${bucket}/${key}`);
  }

  #ours(claim: Claim): Stored | undefined {
    const record = this.#at(claim.event);
    return record?.run === claim.run && record.sequencer === claim.event.sequencer ? record : undefined;
  }

  #put({ bucket, key }: { bucket: string; key: string }, record: Stored): void {
    this.#records.set(`${bucket}/${key}`, record);
  }
}

/** What the manifest of a later failure lists, if this effect has a manifest. */
function pictureOf({ image, renditions }: Extract<Effect, { status: 'processed' }>): Picture | undefined {
  const { width, height, thumbHash, averageColour } = image;
  return averageColour === undefined ? undefined : { image: { width, height, thumbHash, averageColour }, renditions };
}

/** What the adapter makes of a record that was deleted while it was asked for. */
const NO_RECORD: Stored = { status: 'processing', sequencer: '', owner: '', leaseExpiresAt: 0, reportedVersions: [] };

function recordOf(stored: Stored | undefined): LedgerRecord | undefined {
  return stored === undefined ? undefined : known(stored);
}

function known({ message, expires: _expires, ...record }: Stored): LedgerRecord {
  const announcement = message && { state: message.state, owner: message.owner, expiresAt: message.expiresAt };
  return { ...record, announcement, notified: announcement === undefined, byBackfill: record.job !== undefined };
}

function mayClaim(record: Stored, claim: Claim): boolean {
  if (claim.event.job !== undefined) return backfillMayClaim(claim, known(record));
  if (record.sequencer < claim.event.sequencer) return true;
  const isFree = record.status === 'processing' && (record.leaseExpiresAt <= claim.now || record.owner === claim.owner);
  return record.sequencer === claim.event.sequencer && isFree;
}
