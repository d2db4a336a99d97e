import { basename } from 'node:path';
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';
import { type BuildFailure, type BuildOptions, build, type Metafile } from 'esbuild';
import { z } from 'zod';
import { BUNDLE_PLUGINS } from './bundle-plugins.ts';
import { type PackagedFile, PackageError, PROJECT_ROOT } from './packaged-file.ts';

/**
 * Returns an entry module that applies the source maps to stack traces only when an error leaves the function. Node itself would read the
 * maps, and measure every line of the bundle, at load time: a twelfth of a cold start.
 */
const entryOf = (module: string): string => String.raw`const maps = new Map();
const { handler: bundled } = await import('./${module}.mjs').catch(rethrow);
export const handler = (event, context) => bundled(event, context).catch(rethrow);

function rethrow(error) {
  for (let each = error; each instanceof Error; each = each.cause) {
    each.stack = each.stack.replace(/file:\S+\/([\w-]+\.mjs):(\d+):(\d+)/g, (place, file, line, column) => {
      try {
        const { fileName, lineNumber, columnNumber } = mapOf(file).findOrigin(Number(line), Number(column));
        return fileName ? fileName + ':' + lineNumber + ':' + columnNumber : place;
      } catch {
        return place; // This file has no map.
      }
    });
  }
  throw error;
}

function mapOf(file) {
  if (!maps.has(file)) {
    const { SourceMap } = process.getBuiltinModule('node:module');
    const text = process.getBuiltinModule('node:fs').readFileSync(new URL(file + '.map', import.meta.url), 'utf8');
    maps.set(file, new SourceMap(JSON.parse(text)));
  }
  return maps.get(file);
}
`;

/** The entry modules, by the name that Lambda's setting `handler` begins with, and the modules of lambda-src that they load. */
const ENTRIES = { index: 'handler', reconcile: 'reconciler' } as const;

/** Bundled CommonJS modules call `require` for Node's own modules; an ES module has none. */
const REQUIRE_BANNER =
  "import{createRequire as createRequireForBundle}from'node:module';const require=createRequireForBundle(import.meta.url);";

/** The bundled handler and reconciler. */
export interface Bundle {
  readonly files: readonly PackagedFile[];
  /** Folders of the bundled libraries, relative to the project, such as `node_modules/zod`. */
  readonly libraries: readonly string[];
}

/**
 * Bundles the handler and the reconciler of lambda-src with everything they import except sharp's native addon: an entry module for each
 * (`index.handler` and `reconcile.handler`), the chunks that they share, and their source maps.
 * @throws {PackageError} with the first error that esbuild reports
 */
export async function bundleHandler(root = PROJECT_ROOT): Promise<Bundle> {
  try {
    const sources = Object.values(ENTRIES).map((module) => `lambda-src/${module}.ts`);
    const options = { ...bundleOptions(root, ...sources), write: false, metafile: true } as const;
    const { outputFiles, metafile } = await build(options);
    const bundled = outputFiles.map(({ path, contents, text }) => ({
      path: basename(path),
      content: path.endsWith('.map') ? Buffer.from(smallerMap(text)) : Buffer.from(contents),
    }));
    const entries = Object.entries(ENTRIES).map(([name, module]) => ({ path: `${name}.mjs`, content: Buffer.from(entryOf(module)) }));
    return { files: [...entries, ...bundled], libraries: librariesIn(metafile) };
  } catch (error) {
    throw isBuildFailure(error) ? new PackageError(`The handler cannot be bundled: ${firstProblem(error)}`, { cause: error }) : error;
  }
}

/** Returns esbuild's options for the function. Measurements and tests use them to bundle other modules in the same way. */
export function bundleOptions(root: string, ...entryPoints: readonly string[]) {
  return {
    absWorkingDir: root,
    entryPoints: [...entryPoints],
    // Nothing is written here; it makes the paths in the source map relative to the project.
    outdir: root,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    // What the handler imports on demand becomes a separate file. In one file, esbuild would wrap every module that both sides share in a
    // function, which takes a fifth longer to load.
    splitting: true,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Prefer ES modules, which esbuild can tree-shake.
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    banner: { js: REQUIRE_BANNER },
    plugins: BUNDLE_PLUGINS,
    logLevel: 'silent',
  } as const satisfies BuildOptions;
}

/** The folder of a library in the path of one of its files. */
const PACKAGE_FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

const sourceMap = z.looseObject({ sources: z.array(z.string()), mappings: z.string() });

/**
 * Keeps one mapping for each stretch of a source line instead of one for each token, names libraries by their package instead of their files, and
 * drops the names of variables.
 */
function smallerMap(text: string): string {
  const map = sourceMap.parse(JSON.parse(text));
  const names = map.sources.map((source) => source.match(PACKAGE_FOLDER)?.[0] ?? source);
  const sources = [...new Set(names)];
  const mappings = decode(map.mappings).map((segments) =>
    segments
      .map(([column, source = 0, row = 0, origin = 0]): SourceMapSegment => [column, sources.indexOf(names[source] ?? ''), row, origin])
      .filter(([, source, row], index, all) => source !== all[index - 1]?.[1] || row !== all[index - 1]?.[2]),
  );
  return JSON.stringify({ ...map, sources, names: [], mappings: encode(mappings) });
}

function librariesIn({ outputs }: Metafile): string[] {
  const sources = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = sources.flatMap((path) => path.match(PACKAGE_FOLDER)?.[0] ?? []);
  return [...new Set(folders)].toSorted();
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

function firstProblem({ errors: [first], message }: BuildFailure): string {
  if (first === undefined) return message;
  return first.location === null ? first.text : `${first.text} (${first.location.file}:${first.location.line})`;
}
