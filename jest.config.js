import { availableParallelism } from 'node:os';

/**
 * What `npm test` runs: everything that needs no more than a handful of processes.
 * @type {import('jest').Config}
 */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testPathIgnorePatterns: ['/node_modules/', '/__tests__/e2e/', '/__tests__/browser/', '\\.processes\\.test\\.ts$'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }] },
  setupFiles: ['<rootDir>/__tests__/quiet-sdk.js'],
  // Half as many again as there are cores, as some tests wait for a network; the default on two cores is one file at a time.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  // Jest would start a process to ask for it.
  watchman: false,
  // Only what hangs takes so long, also on a machine that is busy with other things.
  testTimeout: 120_000,
  verbose: true,
};
