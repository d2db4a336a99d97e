import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Level } from 'level';
import type { PresetName } from '../../config/presets.ts';
import { lastIdIn, PresetState } from './preset-state.ts';

/** Why a folder cannot keep the state, and what to do. */
export class StateFolderError extends Error {
  override readonly name = 'StateFolderError';
}

/** Tells a folder of ours from any other, and with which version of the format it was written. */
const MARKER = 'studio-state.json';
const MARK = `${JSON.stringify({ format: 1 })}\n`;

/**
 * Keeps what the studio shows from one start to the next: one LevelDB with the photos, their outcomes and the mails, and for each preset
 * one with its table. Keys of photos are data in them and never become paths.
 */
export class StateFolder {
  readonly root: string;
  /** Of the last event that is remembered; 0 when there is none. */
  readonly lastId: number;
  /** Rejects when something could not be written. */
  readonly failure: Promise<never>;
  readonly #database: Level;
  #fail: (error: Error) => void = () => {};

  /**
   * Creates the folder if it is not there. LevelDB lets one process in at a time, and the system forgets the lock of one that died.
   * @throws {StateFolderError} when the folder cannot be written, is in use or holds something else
   */
  static async open(folder: string): Promise<StateFolder> {
    await mark(folder);
    const database = new Level(join(folder, 'studio'));
    await database.open().catch(({ cause }: { cause?: { code?: string } }) => {
      if (cause?.code !== 'LEVEL_LOCKED') throw unusable(folder, cause);
      throw new StateFolderError(`Another studio uses the state folder "${folder}". End it first, or name another folder with --state.`);
    });
    return new StateFolder(resolve(folder), database, await lastIdIn(database));
  }

  private constructor(root: string, database: Level, lastId: number) {
    this.root = root;
    this.lastId = lastId;
    this.#database = database;
    this.failure = new Promise((_, reject) => {
      this.#fail = ({ message }) => reject(new Error(`The state could not be written to "${root}" (${message}).`));
    });
    // Nobody need wait for it.
    this.failure.catch(() => {});
  }

  of(preset: PresetName): PresetState {
    return new PresetState(this.#database, { preset, tables: join(this.root, `table-${preset}`), fail: this.#fail });
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

async function mark(folder: string): Promise<void> {
  const marker = join(folder, MARKER);
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length === 0) await writeFile(marker, MARK);
  } catch (error) {
    throw unusable(folder, error);
  }
  const found = await readFile(marker, 'utf8').catch(() => undefined);
  const advice = 'Name an empty or a new folder with --state.';
  if (found === undefined) throw new StateFolderError(`The folder "${folder}" holds something else than the state of a studio. ${advice}`);
  if (found !== MARK) throw new StateFolderError(`The state in "${folder}" was written by another version of the studio. ${advice}`);
}

function unusable(folder: string, cause: unknown): StateFolderError {
  return new StateFolderError(`The state folder "${folder}" cannot be used (${cause}). Name another with --state.`, { cause });
}
