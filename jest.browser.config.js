import config from './jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...config,
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: ['**/__tests__/browser/**/*.test.ts'],
  // Two browsers at once would slow each other down beyond the timeouts.
  maxWorkers: 1,
};
