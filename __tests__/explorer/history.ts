/** Something that happened to a key in S3. Versions are named `v1`, `v2` … in the order in which puts and delete markers were written. */
export type Mutation =
  /** The content `bad` is not an image. */
  | { readonly kind: 'put'; readonly content: string }
  | { readonly kind: 'delete' }
  /** Removes the delete marker on top. */
  | { readonly kind: 'undelete' }
  /** Deletes a version for good. */
  | { readonly kind: 'erase'; readonly version: string }
  /** A lifecycle rule adds a delete marker, or deletes a version for good. */
  | { readonly kind: 'expire'; readonly version?: string | undefined };

export interface Version {
  readonly id: string;
  /** Undefined for a delete marker. */
  readonly content: string | undefined;
  /** How many mutations there were once it was written. */
  readonly writtenAt: number;
}

/** What S3 holds under one key after each mutation of a history. */
export class History {
  readonly mutations: readonly Mutation[];
  readonly #after: readonly (readonly Version[])[];
  readonly #all = new Map<string, Version>();

  constructor(mutations: readonly Mutation[]) {
    this.mutations = mutations;
    const after: (readonly Version[])[] = [[]];
    for (const mutation of mutations) after.push(this.#apply(mutation, after.at(-1) ?? [], after.length));
    this.#after = after;
  }

  /** The version that a GET returns after so many mutations. */
  current(done: number): Version | undefined {
    const top = this.#after[done]?.at(-1);
    return top?.content === undefined ? undefined : top;
  }

  versions(done: number): readonly Version[] {
    return this.#after[done] ?? [];
  }

  version(id: string | undefined): Version | undefined {
    return this.#all.get(id ?? '');
  }

  /** After how many mutations there was last no current version. */
  lastAbsence(done: number): number {
    for (let count = done; count > 0; count -= 1) if (this.current(count) === undefined) return count;
    return 0;
  }

  /** Whether a version was current at some time from `since` to `done` mutations; `undefined` asks whether there was none. */
  wasCurrent(id: string | undefined, since: number, done: number): boolean {
    for (let count = since; count <= done; count += 1) if (this.current(count)?.id === id) return true;
    return false;
  }

  /** What happened, as a sentence. */
  describe(done: number): string {
    const mutation = this.mutations[done - 1];
    const id = this.versions(done).at(-1)?.id;
    switch (mutation?.kind) {
      case 'put':
        return `"${mutation.content}" is uploaded as ${id}`;
      case 'delete':
        return `the photo is deleted (a delete marker, ${id})`;
      case 'undelete':
        return 'the delete marker is removed';
      case 'erase':
        return `${mutation.version} is deleted for good`;
      default:
        return mutation?.version === undefined
          ? `a lifecycle rule expires the photo (a delete marker, ${id})`
          : `a lifecycle rule deletes ${mutation.version} for good`;
    }
  }

  #apply(mutation: Mutation, versions: readonly Version[], writtenAt: number): readonly Version[] {
    if (mutation.kind === 'undelete') return versions.slice(0, -1);
    if (mutation.kind === 'erase' || (mutation.kind === 'expire' && mutation.version !== undefined)) {
      return versions.filter(({ id }) => id !== mutation.version);
    }
    const version = { id: `v${this.#all.size + 1}`, content: mutation.kind === 'put' ? mutation.content : undefined, writtenAt };
    this.#all.set(version.id, version);
    return [...versions, version];
  }
}

/**
 * The mutations that can follow: one of each kind that makes sense of what S3 holds. Two contents suffice, and the first is called "cat". A
 * lifecycle expiration differs from a deletion in its name alone, so it is left out of longer histories.
 */
export function possibleNext(history: History): Mutation[] {
  const { length } = history.mutations;
  const versions = history.versions(length);
  const top = versions.at(-1);
  const hasCat = history.mutations.some((mutation) => mutation.kind === 'put' && mutation.content === 'cat');
  const next: Mutation[] = ['cat', ...(hasCat ? ['dog'] : []), 'bad'].map((content) => ({ kind: 'put', content }));
  if (top?.content !== undefined) next.push({ kind: 'delete' }, ...(length === 1 ? [{ kind: 'expire' } as const] : []));
  if (top !== undefined && top.content === undefined) next.push({ kind: 'undelete' });
  for (const { id, content } of versions) {
    if (content !== undefined)
      next.push({ kind: 'erase', version: id }, ...(length === 1 ? [{ kind: 'expire', version: id } as const] : []));
  }
  return next;
}
