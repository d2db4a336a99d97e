// Starts `npm start`: bundles cli/start.ts and the packages it uses if they changed since, and runs the bundle. Run through tsx, the command
// would take half a second longer every time, as Node would look for and load some thousand modules one by one.
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, 'dist', 'cli');
const ENTRY = join(FOLDER, 'start.mjs');
/** What the bundle was made from: states of the project's files, by their paths. Packages change only with the lock file. */
const RECEIPT = join(FOLDER, 'inputs.json');

// V8 11, in Node 20, optimizes functions so early that compiling takes an eighth of the CPU of a run with 120 photos. Later versions have a
// cheaper compiler in between, and other flags.
if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=3000000');

if (!(await isFresh())) await bundle();
await import(pathToFileURL(ENTRY).href);

async function isFresh() {
  try {
    const states = Object.entries(JSON.parse(await readFile(RECEIPT, 'utf8')));
    const current = await Promise.all(states.map(async ([path, state]) => state === (await stateOf(join(ROOT, path)))));
    return current.every(Boolean);
  } catch {
    return false;
  }
}

async function stateOf(path) {
  const { mtimeMs, size } = await stat(path);
  return `${mtimeMs} ${size}`;
}

/** Files have their content's digest in their name, and the entry comes last: commands that start at the same time find a whole bundle, old or new. */
async function bundle() {
  const { build, stop } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['cli/start.ts'],
    outdir: FOLDER,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    // Native code, and code that requires files by computed names.
    external: ['sharp', 'level', 'esbuild', 'dynalite'],
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);",
    },
    format: 'esm',
    platform: 'node',
    target: 'node20',
    define: { 'import.meta.url': 'moduleUrl' },
    plugins: [{ name: 'module-urls', setup: keepModuleUrls }],
    write: false,
    metafile: true,
  });
  // Otherwise its process would keep some hundred megabytes until the command ends.
  await stop();
  const sources = Object.keys(metafile.inputs).filter((path) => !path.startsWith('node_modules/'));
  const inputs = [...sources, 'package-lock.json', relative(ROOT, fileURLToPath(import.meta.url))];
  const states = await Promise.all(inputs.map(async (path) => [path, await stateOf(join(ROOT, path))]));
  await mkdir(FOLDER, { recursive: true });
  const entryLast = outputFiles.toSorted((one, other) => Number(one.path === ENTRY) - Number(other.path === ENTRY));
  for (const { path, contents } of entryLast) await writeWhole(path, contents);
  await writeWhole(RECEIPT, JSON.stringify(Object.fromEntries(states)));
  await removeAllBut([...outputFiles.map(({ path }) => basename(path)), basename(RECEIPT)]);
}

/** Modules find files beside them by their own URL, which is that of the source also in the bundle. */
function keepModuleUrls({ onLoad }) {
  onLoad({ filter: /\.tsx?$/ }, async ({ path }) => {
    if (path.includes('node_modules')) return undefined;
    const url = JSON.stringify(pathToFileURL(path).href);
    return { contents: `const moduleUrl = ${url};\n${await readFile(path, 'utf8')}`, loader: path.endsWith('x') ? 'tsx' : 'ts' };
  });
}

async function writeWhole(path, contents) {
  await writeFile(`${path}.${process.pid}`, contents);
  await rename(`${path}.${process.pid}`, path);
}

async function removeAllBut(names) {
  const outdated = (await readdir(FOLDER)).filter((name) => name.endsWith('.mjs') && !names.includes(name));
  await Promise.all(outdated.map((name) => rm(join(FOLDER, name), { force: true })));
}
