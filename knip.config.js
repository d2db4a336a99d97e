/** @type {import('knip').KnipConfig} */
export default {
  entry: [
    // Bundled by asset/bundle.ts.
    'lambda-src/handler.ts',
    // Asked for by the browser: local/studio/page/index.html names it.
    'local/studio/page/app.js',
    // Started or bundled as files by bench/.
    'bench/peers/ours.ts',
    'bench/phases/*',
  ],
  project: ['**/*.{ts,js,mjs}'],
  jest: { config: ['jest.config.js', 'jest.*.config.js'] },
  // Given to the browser as a file by __tests__/browser.
  ignoreDependencies: ['axe-core'],
  // Come from Python and Debian; __tests__/e2e/prerequisites.ts says so where they are missing.
  // Come from Python and Debian; __tests__/e2e/prerequisites.ts says so where they are missing.
  ignoreBinaries: ['moto_server', 'apt-get', 'dpkg'],
};
