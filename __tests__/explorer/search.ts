import type { Violation } from './reference-model.ts';
import type { Scenario } from './scenario.ts';
import type { Mutant } from './stage.ts';
import type { Action, State } from './state.ts';
import { retell, type Step } from './story.ts';
import { World } from './world.ts';

/** How a violation came about, step by step. */
export interface Trail {
  readonly scenario: Scenario;
  readonly steps: readonly Step[];
  readonly sentences: readonly string[];
  readonly violations: readonly Violation[];
}

export interface Searched {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly checks: Readonly<Record<string, number>>;
  readonly trail?: Trail | undefined;
  /** False if the time was up. */
  readonly isComplete: boolean;
}

/** How a state was reached. It keeps no states, as there are too many of them. */
interface Path {
  readonly before: Path | undefined;
  readonly action: Action;
}

interface Node {
  readonly state: State;
  readonly path: Path | undefined;
}

/** Visits every state that a scenario can reach, the nearest first, so that the first violation found is the shortest. */
export async function search(
  scenario: Scenario,
  options: { mutant?: Mutant | undefined; until?: number | undefined } = {},
): Promise<Searched> {
  const world = new World(scenario, options.mutant);
  const { until = Number.POSITIVE_INFINITY } = options;
  const seen = new Set<string>();
  let frontier: Node[] = [{ state: world.initial(), path: undefined }];
  let depth = 0;
  let transitions = 0;
  const result = (rest: Pick<Searched, 'trail' | 'isComplete'>): Searched => ({
    states: seen.size,
    transitions,
    depth,
    checks: world.model.checks,
    ...rest,
  });
  while (frontier.length > 0) {
    const next: Node[] = [];
    for (const node of frontier) {
      if (performance.now() > until) return result({ isComplete: false });
      for (const action of world.actions(node.state)) {
        transitions += 1;
        const { state, violations } = await world.apply(node.state, action);
        const path: Path = { before: node.path, action };
        if (violations.length > 0) return result({ isComplete: true, trail: await trailTo(world, path, violations) });
        const digest = world.digest(state);
        if (seen.has(digest)) continue;
        seen.add(digest);
        if (!world.isQuiet(state)) next.push({ state, path });
        else {
          const left = world.end(state);
          if (left.length > 0) return result({ isComplete: true, trail: await trailTo(world, path, left) });
        }
      }
    }
    frontier = next;
    if (next.length > 0) depth += 1;
  }
  return result({ isComplete: true });
}

async function trailTo(world: World, last: Path, violations: readonly Violation[]): Promise<Trail> {
  const actions: Action[] = [];
  for (let path: Path | undefined = last; path !== undefined; path = path.before) actions.unshift(path.action);
  return { scenario: world.scenario, ...(await retell(actions, world)), violations };
}
