import config from './jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...config,
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: ['**/__tests__/e2e/**/*.test.ts'],
  // A file deploys one preset and waits for Terraform most of the time: all files run side by side.
  maxWorkers: 5,
  testTimeout: 120_000,
  // A test that was given up may have left a Terraform at work; npm run e2e ends whatever a test has started.
  forceExit: true,
};
