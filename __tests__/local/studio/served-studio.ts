import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartedProgram } from '../../started-program.ts';

/** `npm start -- --serve`, as a user runs it. */
export class ServedStudio {
  readonly url: string;
  /** URL of the S3 endpoint. */
  readonly s3: string;
  readonly #program: StartedProgram;
  readonly #folder: string;

  /** Resolves when the studio can be used. */
  static async start(...options: string[]): Promise<ServedStudio> {
    const folder = await mkdtemp(join(tmpdir(), 'served-'));
    const words = ['cli/launch.mjs', '--serve', '--port', '0', '--s3-port', '0', '--out', folder, ...options];
    const program = StartedProgram.start(words);
    const [, s3 = ''] = await program.printed(/aws --endpoint-url (\S+) s3 cp/);
    const [, url = ''] = await program.printed(/^Page: (\S+)\n/m);
    await program.printed(/Ctrl-C/);
    return new ServedStudio(program, folder, { s3, url });
  }

  private constructor(program: StartedProgram, folder: string, { s3, url }: { s3: string; url: string }) {
    this.#program = program;
    this.#folder = folder;
    this.s3 = s3;
    this.url = url;
  }

  /** Process ID of the server. The processes that it starts are in its process group. */
  get pid(): number {
    return this.#program.pid;
  }

  /** Waits until the output matches a pattern. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#program.printed(pattern);
  }

  /** Presses Ctrl-C. Resolves to the exit code once no process is left. */
  async interrupt(): Promise<number | null> {
    this.#program.interrupt();
    const { code } = await this.#program.ended;
    await this.#program.leftNothing();
    await rm(this.#folder, { recursive: true, force: true });
    return code;
  }
}
