/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testPathIgnorePatterns: ['/node_modules/', '/__tests__/e2e/', '/__tests__/browser/'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }] },
  setupFiles: ['<rootDir>/__tests__/quiet-sdk.js'],
  // Every core: one less is the default, which on two cores is one test file at a time.
  maxWorkers: '100%',
  testTimeout: 20_000,
  verbose: true,
};
