import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Level } from 'level';
import type { PresetName } from '../../config/presets.ts';
import { lastIdIn, PresetState } from './preset-state.ts';

/** A folder that cannot hold the state; the message says why and what to do. */
export class StateFolderError extends Error {
  override readonly name = 'StateFolderError';
}

/** Identifies a state folder and the version of its format. */
const MARKER = 'studio-state.json';
const MARK = `${JSON.stringify({ format: 1 })}\n`;

/**
 * Saves what the studio shows, so that the next run can resume: one LevelDB with the photos, their outcomes and notifications, and one per
 * preset with its table. Object keys are data in them and never become paths.
 */
export class StateFolder {
  readonly root: string;
  /** Id of the newest saved delivery; 0 if there is none. */
  readonly lastId: number;
  /** Rejects if a write fails. */
  readonly failure: Promise<never>;
  readonly #database: Level;
  #fail: (error: Error) => void = () => {};

  /**
   * Opens the folder, and creates it if needed. LevelDB admits one process at a time; the lock of a process that died is released.
   * @throws {StateFolderError} if the folder cannot be written, is in use or holds something else
   */
  static async open(folder: string): Promise<StateFolder> {
    await mark(folder);
    const database = new Level(join(folder, 'studio'));
    await database.open().catch(({ cause }: { cause?: { code?: string } }) => {
      if (cause?.code !== 'LEVEL_LOCKED') throw unusable(folder, cause);
      throw new StateFolderError(
        `Another studio is using the state folder "${folder}". Stop it first, or choose another folder with --state.`,
      );
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
    // It may reject before it is awaited.
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
  const advice = 'Choose an empty or new folder with --state.';
  if (found === undefined) throw new StateFolderError(`The folder "${folder}" holds something other than studio state. ${advice}`);
  if (found !== MARK) throw new StateFolderError(`The state in "${folder}" was written by another version of the studio. ${advice}`);
}

function unusable(folder: string, cause: unknown): StateFolderError {
  return new StateFolderError(`The state folder "${folder}" cannot be used (${cause}). Choose another with --state.`, { cause });
}
