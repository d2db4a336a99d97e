/** @type {import('knip').KnipConfig} */
export default {
  entry: [
    // Bundled by asset/bundle.ts.
    'lambda-src/handler.ts',
    // Asked for by the browser: local/studio/page/index.html names it.
    'local/studio/page/app.js',
    // Loaded by the programs that tests start.
    '__tests__/end-with-parent.mjs',
    // Started or bundled as files by bench/.
    'bench/peers/ours.ts',
    'bench/phases/*',
  ],
  project: ['**/*.{ts,js,mjs}'],
  jest: { config: ['jest.config.js', 'jest.*.config.js'] },
  // Given to the browser as a file by __tests__/browser; found by StrykerJS by its name.
  ignoreDependencies: ['axe-core', '@stryker-mutator/jest-runner'],
  // Comes from Python; __tests__/e2e/prerequisites.ts says so where it is missing.
  ignoreBinaries: ['moto_server'],
};
