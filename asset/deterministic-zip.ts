import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { PackagedFile } from './packaged-file.ts';

/** A zip of files that depends on nothing but their paths and contents: no clock, no time zone, no order, no permissions of the disk. */
export async function zipOf(files: readonly PackagedFile[]): Promise<Buffer> {
  const zip = new ZipFile();
  const options = {
    // DOS time has no zone: it is written from the parts of local time, so midnight here is the same bytes everywhere.
    mtime: new Date(1980, 0, 1),
    forceDosTimestamp: true,
    // Lambda's runtime user is not the owner of the files: everyone must be able to read them.
    mode: 0o100644,
    compressionLevel: 9,
  };
  for (const { path, content } of files.toSorted(byPath)) zip.addBuffer(content, path, options);
  zip.end();
  return buffer(zip.outputStream);
}

function byPath(a: PackagedFile, b: PackagedFile): number {
  // Not localeCompare, which depends on the user's language.
  return a.path < b.path ? -1 : 1;
}
