/** Types for the parts of dynalite that are used; it ships none (https://github.com/architect/dynalite). */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface DynaliteOptions {
    /** How long a new table stays in CREATING, in milliseconds. */
    readonly createTableMs?: number;
    /** Folder of the LevelDB that stores the tables. Default: in memory. */
    readonly path?: string | undefined;
  }

  /** Creates a DynamoDB as an HTTP server that is not listening yet. */
  export default function dynalite(options?: DynaliteOptions): Server;
}
