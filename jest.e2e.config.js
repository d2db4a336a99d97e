import config from './jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...config,
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: ['**/__tests__/e2e/**/*.test.ts'],
  // Each file deploys one preset and mostly waits for Terraform, so all files run at once.
  maxWorkers: 5,
  testTimeout: 120_000,
  // A test that timed out may have left Terraform running; npm run e2e ends every process that a test started.
  forceExit: true,
};
