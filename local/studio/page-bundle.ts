import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
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
  const bundles = outputFiles.map(({ path, contents }) => {
    const type = path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
    return [`/${basename(path)}`, { type, content: contents }] as const;
  });
  return new Map<string, PageFile>([
    ['/', { type: 'text/html; charset=utf-8', content: html }],
    ['/icon.svg', { type: 'image/svg+xml', content: icon }],
    ...bundles,
  ]);
}
