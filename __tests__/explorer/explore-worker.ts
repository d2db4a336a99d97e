import { scenariosOf } from './bounds.ts';
import type { WorkerAnswer, WorkerOrder } from './explore.ts';
import { search } from './search.ts';

/** Searches the scenarios that the parent process asks for, one at a time. */
process.on('message', ({ bound, scenario, until }: WorkerOrder) => {
  const chosen = scenariosOf(bound)[scenario];
  if (chosen === undefined) throw new Error(`there is no scenario ${scenario}`);
  void search(chosen, { until: until - performance.timeOrigin }).then((searched) => {
    process.send?.({ scenario, searched } satisfies WorkerAnswer);
  });
});
process.on('disconnect', () => process.exit());
