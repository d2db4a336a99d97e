import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

const PAGE = fileURLToPath(new URL('page/', import.meta.url));

/** Files of libraries, by path; the import map of index.html names them. */
const LIBRARIES = {
  '/lib/preact.js': 'preact/dist/preact.mjs',
  '/lib/preact-hooks.js': 'preact/hooks/dist/hooks.mjs',
  '/lib/htm.js': 'htm/dist/htm.module.js',
  '/lib/uplot.js': 'uplot/dist/uPlot.esm.js',
  '/lib/uplot.css': 'uplot/dist/uPlot.min.css',
  '/lib/img-comparison-slider.js': 'img-comparison-slider/dist/index.js',
  '/lib/thumbhash.js': 'thumbhash/thumbhash.js',
} as const;

/** Reads every file that the page may ask for: nothing else is served, so that no path leads anywhere. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const libraries = Object.entries(LIBRARIES).map(([path, file]) => [path, libraryFile(file)] as const);
  const files = [...(await ownFiles()), ...libraries].map(async ([path, file]) => {
    return [path, { type: typeOf(file), content: await readFile(file) }] as const;
  });
  return new Map(await Promise.all(files));
}

/** Files of our own, by path: all in the page's folder. */
async function ownFiles(): Promise<(readonly [path: string, file: string])[]> {
  const entries = await readdir(PAGE, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => [`/${relative(PAGE, file).split(sep).join('/')}`.replace('/index.html', '/'), file]);
}

/** Found from the package's own package.json: most packages let no other of their files be resolved by name. */
function libraryFile(file: string): string {
  const [name = '', ...rest] = file.split('/');
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return folders.map((folder) => [folder, name, ...rest].join('/')).find(existsSync) ?? file;
}

function typeOf(file: string): string {
  const extension = file.slice(file.lastIndexOf('.') + 1);
  return extension === 'html' || extension === 'css' || extension === 'svg' ? TYPES[extension] : TYPES.js;
}

/** What the page may do: nothing but load its own files and talk to this server. The import map is the one inline script. */
export function pagePolicy(page: PageFile): string {
  const importMap = /<script type="importmap">(?<text>.*?)<\/script>/s.exec(page.content.toString())?.groups?.text ?? '';
  const digest = createHash('sha256').update(importMap).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${digest}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
