import config from './jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...config,
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: ['**/__tests__/browser/**/*.test.ts'],
  // Two browsers side by side would make each other miss their deadlines.
  maxWorkers: 1,
};
