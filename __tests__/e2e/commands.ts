import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A command that had to succeed did not; the message is all that a user sees. */
export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED';
  override readonly name = 'CommandError';
}

export interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs commands one after the other, each as a process group of its own: when it ends, nothing that it started goes on. */
export class Commands {
  #current: ChildProcess | undefined;
  #interrupted = false;

  /**
   * Runs a command quietly.
   * @throws {CommandError} with what it printed, when it fails
   */
  async run(command: string, args: readonly string[], place: Place): Promise<void> {
    const child = this.#start(command, args, place, ['ignore', 'pipe', 'pipe']);
    const printed: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => printed.push(chunk));
    const exitCode = await this.#end(child);
    if (exitCode !== 0) throw new CommandError(`${command} ${args.join(' ')} failed:\n${Buffer.concat(printed)}`);
  }

  /** Runs a command before the user's eyes and gives its exit code. */
  async show(command: string, args: readonly string[], place: Place): Promise<number> {
    return this.#end(this.#start(command, args, place, ['ignore', 'inherit', 'inherit']));
  }

  /** Ends the current command at once, and with it the run. */
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
    // Nothing of the group is left.
  }
}
