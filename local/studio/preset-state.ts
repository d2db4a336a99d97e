import type { Level } from 'level';
import type { PresetName } from '../../config/presets.ts';
import type { Mail } from '../aws/mail-queue.ts';
import type { Upload } from '../aws/upload.ts';
import { isFinished, MAX_DELIVERIES, type Remembered, type Totals, zeroTotals } from './delivery.ts';

/** The saved state of a preset when the studio was last stopped. */
export interface SavedPreset {
  /** Deliveries with an outcome, oldest first. */
  readonly finished: readonly Remembered[];
  /** Uploads without an outcome. */
  readonly interrupted: readonly Remembered[];
  readonly mails: readonly Mail[];
  readonly totals: Totals;
}

/** An object of the embedded S3, without its name. */
export type KeptObject = Omit<Upload, 'key'>;

type Figures = Pick<SavedPreset, 'mails' | 'totals'>;

/** The saved state of one preset. Writes run in the background, and a failed write is reported. */
export class PresetState {
  /** Folder of the DynamoDB table. */
  readonly tables: string;
  /** Reports a failed write. */
  readonly fail: (error: Error) => void;
  readonly #preset: PresetName;
  readonly #deliveries: ReturnType<typeof deliveriesIn>;
  readonly #figures: ReturnType<typeof figuresIn>;
  readonly #objects: ReturnType<typeof objectsIn>;
  readonly #bodies: ReturnType<typeof bodiesIn>;

  constructor(database: Level, options: { preset: PresetName; tables: string; fail: (error: Error) => void }) {
    this.tables = options.tables;
    this.#preset = options.preset;
    this.fail = options.fail;
    this.#deliveries = deliveriesIn(database);
    this.#figures = figuresIn(database);
    this.#objects = objectsIn(database, options.preset);
    this.#bodies = bodiesIn(database, options.preset);
  }

  /** Reads the state, and deletes deliveries that a running studio would no longer remember. */
  async load(): Promise<SavedPreset> {
    const all: Remembered[] = [];
    for await (const { preset, ...remembered } of this.#deliveries.values()) if (preset === this.#preset) all.push(remembered);
    const finished = all.filter(({ delivery }) => isFinished(delivery)).slice(-MAX_DELIVERIES);
    const interrupted = all.filter(({ delivery }) => !isFinished(delivery) && delivery.kind === 'upload');
    await this.forget(all.filter((each) => !finished.includes(each) && !interrupted.includes(each)));
    const { mails = [], totals = zeroTotals() } = (await this.#figures.get(this.#preset)) ?? {};
    return { finished, interrupted, mails, totals };
  }

  async forget(remembered: readonly Remembered[]): Promise<void> {
    await this.#written(this.#deliveries.batch(remembered.map(({ delivery }) => ({ type: 'del', key: idKey(delivery.id) }))));
  }

  /** Saves the changed deliveries and the current figures. */
  async save(changed: readonly Remembered[], figures: Figures): Promise<void> {
    const entries = changed.map(
      (each) => ({ type: 'put', key: idKey(each.delivery.id), value: { ...each, preset: this.#preset } }) as const,
    );
    await this.#written(this.#deliveries.batch(entries));
    await this.#written(this.#figures.put(this.#preset, figures));
  }

  /** Names of all saved objects: `bucket/key`. */
  names(): Promise<string[]> {
    return this.#objects.keys().all();
  }

  async read(name: string): Promise<KeptObject | undefined> {
    const [facts, body] = await Promise.all([this.#objects.get(name), this.#bodies.get(name)]);
    return facts && body && { body, ...facts };
  }

  async keep(name: string, { body, ...facts }: KeptObject): Promise<void> {
    await this.#written(this.#bodies.put(name, body));
    await this.#written(this.#objects.put(name, facts));
  }

  async drop(name: string): Promise<void> {
    await this.#written(this.#objects.del(name));
    await this.#written(this.#bodies.del(name));
  }

  async #written(writing: Promise<void>): Promise<void> {
    await writing.catch(this.fail);
  }
}

/** The highest delivery id of any preset. */
export async function lastIdIn(database: Level): Promise<number> {
  const [last] = await deliveriesIn(database).keys({ reverse: true, limit: 1 }).all();
  return Number(last ?? 0);
}

/** LevelDB sorts keys as text, so ids are padded. */
const idKey = (id: number): string => String(id).padStart(12, '0');

const deliveriesIn = (database: Level) =>
  database.sublevel<string, Remembered & { preset: PresetName }>('deliveries', { valueEncoding: 'json' });
const figuresIn = (database: Level) => database.sublevel<string, Figures>('figures', { valueEncoding: 'json' });
const objectsIn = (database: Level, preset: PresetName) =>
  database.sublevel<string, Pick<KeptObject, 'contentType' | 'metadata'>>(['objects', preset], { valueEncoding: 'json' });
const bodiesIn = (database: Level, preset: PresetName) =>
  database.sublevel<string, Buffer>(['bodies', preset], { valueEncoding: 'buffer' });
