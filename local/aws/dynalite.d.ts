/** dynalite brings no types; this is what is used of it (https://github.com/architect/dynalite). */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface DynaliteOptions {
    /** How long a new table stays in CREATING, in milliseconds. */
    readonly createTableMs?: number;
    /** Folder of the LevelDB that keeps the tables. Default: they are in memory. */
    readonly path?: string | undefined;
  }

  /** A DynamoDB as an HTTP server that does not listen yet. */
  export default function dynalite(options?: DynaliteOptions): Server;
}
