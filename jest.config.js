import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testPathIgnorePatterns: ['/node_modules/', '/__tests__/e2e/', '/__tests__/browser/'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }] },
  setupFiles: ['<rootDir>/__tests__/quiet-sdk.js'],
  // Half as many again as there are cores, as many tests wait for processes; the default on two cores is one file at a time.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  testTimeout: 20_000,
  verbose: true,
};
