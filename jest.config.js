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

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testPathIgnorePatterns: ['/node_modules/', '/__tests__/e2e/', '/__tests__/browser/'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: { '\\.ts$': compiled(false), '\\.tsx$': compiled(true) },
  setupFiles: ['<rootDir>/__tests__/quiet-sdk.js'],
  // Half as many again as there are cores, as many tests wait for processes; the default on two cores is one file at a time.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  testTimeout: 20_000,
  verbose: true,
};
