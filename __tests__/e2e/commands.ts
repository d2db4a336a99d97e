import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A required command failed. Only the message is shown to the user. */
export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED';
  override readonly name = 'CommandError';
}

export interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs commands one after the other, each in its own process group: when it ends, everything that it started ends, too. */
export class Commands {
  #current: ChildProcess | undefined;
  #interrupted = false;

  /**
   * Runs a command quietly.
   * @throws {CommandError} with the command's output, if it fails
   */
  async run(command: string, args: readonly string[], place: Place): Promise<void> {
    const child = this.#start(command, args, place, ['ignore', 'pipe', 'pipe']);
    const printed: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => printed.push(chunk));
    const exitCode = await this.#end(child);
    if (exitCode !== 0) throw new CommandError(`${command} ${args.join(' ')} failed:\n${Buffer.concat(printed)}`);
  }

  /** Runs a command with visible output and returns its exit code. */
  async show(command: string, args: readonly string[], place: Place): Promise<number> {
    return this.#end(this.#start(command, args, place, ['ignore', 'inherit', 'inherit']));
  }

  /** Kills the current command, which ends the run. */
  interrupt(): void {
    this.#interrupted = true;
    if (this.#current !== undefined) endGroup(this.#current);
  }

  #start(command: string, args: readonly string[], place: Place, stdio: StdioOptions): ChildProcess {
    this.#stopWhenInterrupted();
    this.#current = spawn(command, args, { ...place, stdio, detached: true });
    return this.#current;
  }

  async #end(child: ChildProcess): Promise<number> {
    const [exitCode] = await once(child, 'close');
    endGroup(child);
    this.#stopWhenInterrupted();
    return typeof exitCode === 'number' ? exitCode : 1;
  }

  #stopWhenInterrupted(): void {
    if (this.#interrupted) throw new CommandError('Interrupted.');
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has already exited.
  }
}
