/** A part of the code that is mutated together, and the tests that have to notice. */
export interface Area {
  readonly name: string;
  /** Patterns of files; one that begins with `!` takes files out again. */
  readonly mutate: readonly string[];
  /** Patterns of test files under `__tests__`. Each is run for every mutant, so they start no process and wait for nothing. */
  readonly tests: readonly string[];
}

/**
 * The code that keeps the guarantees of docs/one-effect.md. How images are decoded and rendered (`lambda-src/image`) is tested by pixels, and
 * left out.
 */
export const AREAS: readonly Area[] = [
  {
    name: 'events',
    mutate: ['lambda-src/events/*.ts', 'lambda-src/contract/*.ts', '!lambda-src/contract/{manifest,message}.ts'],
    tests: ['lambda-src/{events,contract}/*.test.ts'],
  },
  {
    name: 'protocol',
    // The entry point of the reconciler only connects parts; the end-to-end tests and those of lost events run it.
    mutate: ['lambda-src/*.ts', '!lambda-src/{handler,wire,notification,observer,reconciler}.ts'],
    tests: [
      'lambda-src/*.test.ts',
      'faults/{batch,delivery}.test.ts',
      '!lambda-src/{handler,wire,notification,notification-text,observer}.test.ts',
    ],
  },
  {
    name: 'messages',
    mutate: ['lambda-src/{notification,observer}.ts', 'lambda-src/contract/{manifest,message}.ts'],
    tests: ['lambda-src/{manifest,notification,notification-text,observer}.test.ts'],
  },
  {
    name: 'adapters',
    mutate: ['lambda-src/adapters/*.ts', 'lambda-src/{handler,wire}.ts'],
    tests: ['lambda-src/adapters/*.test.ts', 'lambda-src/{handler,wire}.test.ts'],
  },
  { name: 'settings', mutate: ['config/settings-rules.ts'], tests: ['config/settings-rules*.test.ts'] },
  {
    name: 'stack',
    mutate: ['stacks/parts/{alarms,eventbridge-trigger,image-bucket,notification-topic,photo-bucket,upload-trigger}.ts'],
    tests: ['stacks/parts/{alarms,eventbridge-trigger,image-bucket,notification-topic,upload-trigger}.test.ts'],
  },
];
