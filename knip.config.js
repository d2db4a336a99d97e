/** @type {import('knip').KnipConfig} */
export default {
  entry: [
    // Bundled by asset/bundle.ts.
    'lambda-src/{handler,reconciler}.ts',
    // Bundled by asset/heic-decoder.ts.
    'lambda-src/heic/{decoder,worker}.ts',
    // `npm start`, and what it bundles.
    'cli/launch.mjs',
    'cli/start.ts',
    // Bundled by local/studio/studio-server.ts.
    'local/studio/page/app.tsx',
    // Loaded by the programs that tests start.
    '__tests__/end-with-parent.mjs',
    // Started or bundled as files by bench/.
    'bench/peers/*',
    'bench/phases/*',
  ],
  project: ['**/*.{ts,tsx,js,mjs}'],
  jest: { config: ['jest.config.js', 'jest.*.config.js'] },
  // Loaded as a file by __tests__/browser; packaged as a file by asset/heic-decoder.ts; loaded by StrykerJS by its name.
  ignoreDependencies: ['axe-core', 'libheif-js', '@stryker-mutator/jest-runner'],
  // From Python and Debian; __tests__/e2e/prerequisites.ts reports them if missing.
  ignoreBinaries: ['moto_server', 'apt-get', 'dpkg'],
};
