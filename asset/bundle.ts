import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename } from 'node:path';
import { type BuildFailure, type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { type PackagedFile, PackageError, PROJECT_ROOT } from './packaged-file.ts';

/**
 * Looks the places of a stack trace up in the source map when an error leaves the function. Node itself would read the map, and measure every line
 * of the bundle, while it loads them: a twelfth of the time of a cold start.
 */
const ENTRY = String.raw`const { handler: bundled } = await import('./handler.mjs').catch(rethrow);
export const handler = (event, context) => bundled(event, context).catch(rethrow);

function rethrow(error) {
  try {
    const { SourceMap } = process.getBuiltinModule('node:module');
    const map = process.getBuiltinModule('node:fs').readFileSync(new URL('handler.mjs.map', import.meta.url), 'utf8');
    for (let each = error, origins = new SourceMap(JSON.parse(map)); each instanceof Error; each = each.cause) {
      each.stack = each.stack.replace(/file:\S+\/handler\.mjs:(\d+):(\d+)/g, (place, line, column) => {
        const { fileName, lineNumber, columnNumber } = origins.findOrigin(Number(line), Number(column));
        return fileName ? fileName + ':' + lineNumber + ':' + columnNumber : place;
      });
    }
  } catch {
    // The places are then those of the bundle.
  }
  throw error;
}
`;

/** Bundled CommonJS modules call `require` for Node's own modules; an ES module has none. */
const REQUIRE_BANNER =
  "import{createRequire as createRequireForBundle}from'node:module';const require=createRequireForBundle(import.meta.url);";

/** The bundled handler. */
export interface Bundle {
  readonly files: readonly PackagedFile[];
  /** Folders of the bundled libraries, relative to the project, such as `node_modules/zod`. */
  readonly libraries: readonly string[];
}

/**
 * Bundles lambda-src/handler.ts with everything it imports except sharp's native addon, as `index.mjs` (the entry, for
 * `index.handler`), `handler.mjs` and its source map.
 * @throws {PackageError} with the first error that esbuild reports
 */
export async function bundleHandler(root = PROJECT_ROOT): Promise<Bundle> {
  try {
    const options = { ...bundleOptions(root, 'lambda-src/handler.ts'), write: false, metafile: true } as const;
    const { outputFiles, metafile } = await build(options);
    const bundled = outputFiles.map(({ path, contents }) => ({ path: basename(path), content: Buffer.from(contents) }));
    return { files: [{ path: 'index.mjs', content: Buffer.from(ENTRY) }, ...bundled], libraries: librariesIn(metafile) };
  } catch (error) {
    throw isBuildFailure(error) ? new PackageError(`The handler cannot be bundled: ${firstProblem(error)}`, { cause: error }) : error;
  }
}

/** Returns esbuild's options for the function. Measurements and tests use them to bundle other modules in the same way. */
export function bundleOptions(root: string, entryPoint: string) {
  return {
    absWorkingDir: root,
    entryPoints: [entryPoint],
    // Nothing is written here; it makes the paths in the source map relative to the project.
    outdir: root,
    entryNames: '[name]',
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
    plugins: [requiredBuiltins, lambdaCredentials, englishOnly, namedLibraries],
    logLevel: 'silent',
  } as const satisfies BuildOptions;
}

/**
 * Node's own modules come by `require`. An ES import of `node:http` reads each of its properties, and one of them loads a second HTTP client
 * (undici), which would take a tenth of the time of a cold start.
 */
const requiredBuiltins: Plugin = {
  name: 'required-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path, kind }) => {
      const isImport = kind === 'import-statement' || kind === 'dynamic-import';
      return isImport && isBuiltin(path) ? { path: path.replace(/^(node:)?/, 'node:'), namespace: 'builtin' } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: `module.exports = require('${path}');` }));
  },
};

/** Lambda hands credentials over in the environment, so that the other ways in which the SDK looks for some can stay behind. */
const lambdaCredentials: Plugin = {
  name: 'lambda-credentials',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]credential-provider-node[/\\]dist-es[/\\]index\.js$/ }, () => ({
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
    }));
  },
};

/** Drops all of zod's languages but English; its messages in 50 languages would be a quarter of the bundle. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({ contents: "export { default as en } from './en.js';" }));
  },
};

/**
 * Maps each library file to its name only, without lines. Stack traces then show the file of a library and the line of our own code, and
 * the source map takes 0.2 MB instead of 1.5 MB.
 */
const namedLibraries: Plugin = {
  name: 'named-libraries',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]node_modules[/\\].*\.[cm]?js$/ }, async ({ path }) => {
      const map = Buffer.from(JSON.stringify({ version: 3, sources: [basename(path)], mappings: 'AAAA' })).toString('base64');
      const contents = await readFile(path, 'utf8');
      return { contents: `${contents}\n//# sourceMappingURL=data:application/json;base64,${map}`, loader: 'js' };
    });
  },
};

function librariesIn({ outputs }: Metafile): string[] {
  const sources = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = sources.flatMap((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  return [...new Set(folders)].toSorted();
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

function firstProblem({ errors: [first], message }: BuildFailure): string {
  if (first === undefined) return message;
  return first.location === null ? first.text : `${first.text} (${first.location.file}:${first.location.line})`;
}
