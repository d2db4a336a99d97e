import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly content: string | Uint8Array;
}

const PAGE = fileURLToPath(new URL('page', import.meta.url));

/** Allows the page only to load its own files and to talk to this server. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Builds every file that the page may ask for, by path. The server serves no others, so no path can escape. */
export async function bundlePage(): Promise<ReadonlyMap<string, PageFile>> {
  const [{ outputFiles }, html, icon] = await Promise.all([
    build({ absWorkingDir: PAGE, entryPoints: ['app.tsx'], outdir: '.', bundle: true, minify: true, format: 'esm', write: false }),
    readFile(`${PAGE}/index.html`),
    readFile(`${PAGE}/icon.svg`),
  ]);
  const built = (name: string): Uint8Array => outputFiles.find(({ path }) => path.endsWith(name))?.contents ?? new Uint8Array();
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', content: html }],
    ['/icon.svg', { type: 'image/svg+xml', content: icon }],
    ['/app.js', { type: 'text/javascript; charset=utf-8', content: built('app.js') }],
    ['/app.css', { type: 'text/css; charset=utf-8', content: built('app.css') }],
  ]);
}
