import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { PackagedFile } from './packaged-file.ts';

/** Zips files. The result depends only on their paths and contents, not on time, time zone, order or file permissions. */
export async function zipOf(files: readonly PackagedFile[]): Promise<Buffer> {
  const zip = new ZipFile();
  const options = {
    // DOS timestamps are local times without a zone, so local midnight gives the same bytes everywhere.
    mtime: new Date(1980, 0, 1),
    forceDosTimestamp: true,
    // Lambda runs as a user that does not own the files, so they must be world-readable.
    mode: 0o100644,
    compressionLevel: 9,
  };
  for (const { path, content } of files.toSorted(byPath)) zip.addBuffer(content, path, options);
  zip.end();
  return buffer(zip.outputStream);
}

function byPath(a: PackagedFile, b: PackagedFile): number {
  // localeCompare would depend on the user's language.
  return a.path < b.path ? -1 : 1;
}
