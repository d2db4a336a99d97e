import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Loads Node's own modules by `require`. An ES import of `node:http` reads each of its properties, and one of them loads a second HTTP client
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

/** Leaves out what the SDK imports only in a browser (bowser), and for event streams from S3, which the function does not use. */
const neverImported: Plugin = {
  name: 'never-imported',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(bowser|@smithy\/core\/event-streams)$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'never-imported' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'never-imported' }, ({ path }) => ({
      contents: `throw new Error('${path} is not in the package; asset/bundle-plugins.ts leaves it out');`,
    }));
  },
};

/** Replaces one of a library's files. */
function replacedFile(name: string, filter: RegExp, contents: string): Plugin {
  return { name, setup: ({ onLoad }) => onLoad({ filter }, () => ({ contents })) };
}

/** Replaces a library. */
function replacedLibrary(name: string, filter: RegExp, contents: string): Plugin {
  return {
    name,
    setup({ onResolve, onLoad }) {
      onResolve({ filter }, ({ path }) => ({ path, namespace: name }));
      onLoad({ filter: /.*/, namespace: name }, () => ({ contents }));
    },
  };
}

/** Reads Lambda's credentials from the environment, and leaves out the other ways in which the SDK looks for credentials. */
const lambdaCredentials = replacedFile(
  'lambda-credentials',
  /[/\\]credential-provider-node[/\\]dist-es[/\\]index\.js$/,
  "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
);

/**
 * Replaces semver, a ninth of the handler, in sharp, which compares versions only to explain why its native code does not load: the versions of
 * Node and libvips are those of the package.
 */
const packagedVersions = replacedLibrary(
  'packaged-versions',
  /^semver$/,
  'export default { coerce: (version) => ({ version }), satisfies: () => true, gte: () => false };',
);

/**
 * Replaces sharp's parser of colours, which knows every notation of CSS, by one for the two that the handler uses: `#rrggbb` and `{ r, g, b, alpha }`.
 * It returns NaN for anything else, which sharp rejects.
 */
const twoKindsOfColour = replacedLibrary(
  'two-kinds-of-colour',
  /^@img\/colour$/,
  `export default (value) => {
        const part = (at) => (/^#[0-9a-f]{6}$/i.test(value) ? parseInt(value.slice(at, at + 2), 16) : NaN);
        const { r = part(1), g = part(3), b = part(5), alpha = 1 } = value;
        return { red: () => r, green: () => g, blue: () => b, alpha: () => alpha };
      };`,
);

/** Leaves out the cache of discovered DynamoDB endpoints: no operation of the handler discovers any. */
const noEndpointCache = replacedLibrary('no-endpoint-cache', /^@aws-sdk\/endpoint-cache$/, 'export class EndpointCache {}');

/** Keeps of each library's package.json only what sharp and the SDK read at run time: their versions, and which libvips belongs to sharp. */
const readManifests: Plugin = {
  name: 'read-manifests',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]node_modules[/\\].*[/\\]package\.json$/ }, async ({ path }) => {
      const { version, engines, config, optionalDependencies } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version, engines, config, optionalDependencies }), loader: 'json' };
    });
  },
};

/** Drops all of zod's languages but English; its messages in 50 languages would be a quarter of the bundle. */
const englishOnly = replacedFile('english-only', /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/, "export { default as en } from './en.js';");

/**
 * Maps each library file to its name only, without lines, so that stack traces show the library and the line of our own code. The
 * source map is then so repetitive that `smallerMap` makes it a tenth as large.
 *
 * In the SDK's schemas, writes the computed keys (`[_hH]: …`) as the strings that they are. esbuild cannot know that computing a key has no
 * side effect, so it would keep the schemas of all operations: a twelfth of the bundle.
 */
const libraries: Plugin = {
  name: 'libraries',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]node_modules[/\\].*\.[cm]?js$/ }, async ({ path }) => {
      const map = Buffer.from(JSON.stringify({ version: 3, sources: [basename(path)], mappings: 'AAAA' })).toString('base64');
      const text = await readFile(path, 'utf8');
      const contents = /[/\\]schemas_0\.js$/.test(path) ? withLiteralKeys(text) : text;
      return { contents: `${contents}\n//# sourceMappingURL=data:application/json;base64,${map}`, loader: 'js' };
    });
  },
};

function withLiteralKeys(schemas: string): string {
  const constants = new Map([...schemas.matchAll(/^const (\w+) = ("[^"]*");$/gm)].map(([, name, value]) => [name, value]));
  return schemas.replace(/\[(\w+)\]: /g, (key, name: string) => (constants.has(name) ? `${constants.get(name)}: ` : key));
}

/** esbuild plugins that leave out of the function's bundle what it does not need. The first to handle a file wins. */
export const BUNDLE_PLUGINS: Plugin[] = [
  requiredBuiltins,
  neverImported,
  lambdaCredentials,
  packagedVersions,
  twoKindsOfColour,
  noEndpointCache,
  readManifests,
  englishOnly,
  libraries,
];
