/** dynalite brings no types; this is what is used of it (https://github.com/architect/dynalite). */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface DynaliteOptions {
    /** How long a new table stays in CREATING, in milliseconds. */
    readonly createTableMs?: number;
  }

  /** A DynamoDB in memory, as an HTTP server that does not listen yet. */
  export default function dynalite(options?: DynaliteOptions): Server;
}
