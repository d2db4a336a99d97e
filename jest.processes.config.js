import config from './jest.config.js';

/**
 * What `npm run test:processes` runs: tests that start servers or commands in separate processes.
 * @type {import('jest').Config}
 */
export default {
  ...config,
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: ['**/*.processes.test.ts'],
};
