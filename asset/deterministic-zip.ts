import { type Zippable, zipSync } from 'fflate';
import type { PackagedFile } from './packaged-file.ts';

/**
 * Zips files. The result depends only on their paths and contents, not on time, time zone, order or file permissions. fflate makes the
 * package 3 % smaller than zlib does, in less time.
 */
export function zipOf(files: readonly PackagedFile[]): Buffer {
  const entries: Zippable = {};
  for (const { path, content } of files.toSorted(byPath)) entries[path] = content;
  const zip = zipSync(entries, {
    level: 9,
    // DOS timestamps are local times without a zone, so local midnight gives the same bytes everywhere.
    mtime: new Date(1980, 0, 1),
    // Lambda runs as a user that does not own the files, so they must be world-readable: Unix permissions in the upper half.
    os: 3,
    attrs: (0o100644 << 16) >>> 0,
  });
  return Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
}

function byPath(a: PackagedFile, b: PackagedFile): number {
  // localeCompare would depend on the user's language.
  return a.path < b.path ? -1 : 1;
}
