import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const { jsxImportSource: importSource } = JSON.parse(readFileSync(new URL('tsconfig.json', import.meta.url), 'utf8')).compilerOptions;

/** Compiles one kind of TypeScript file. In .ts files, `<T>` is a type argument and never an element. */
const compiled = (tsx) => [
  '@swc/jest',
  {
    jsc: { target: 'es2023', parser: { syntax: 'typescript', tsx }, transform: { react: { runtime: 'automatic', importSource } } },
    module: { type: 'es6' },
  },
];

/**
 * What `npm test` runs: everything that needs no more than a handful of processes.
 * @type {import('jest').Config}
 */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testPathIgnorePatterns: ['/node_modules/', '/__tests__/e2e/', '/__tests__/browser/', '\\.processes\\.test\\.ts$'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: { '\\.ts$': compiled(false), '\\.tsx$': compiled(true) },
  setupFiles: ['<rootDir>/__tests__/quiet-sdk.js'],
  // 1.5 per core, because some tests wait for the network; the default on two cores is one file at a time.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  // Jest would start a process to ask for it.
  watchman: false,
  // Only a test that hangs takes this long, even on a busy machine.
  testTimeout: 120_000,
  verbose: true,
};
