import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { History, type Mutation, possibleNext } from './history.ts';
import { PLAIN, type Scenario } from './scenario.ts';

export const BOUNDS = ['small', 'ci', 'large'] as const;
export type Bound = (typeof BOUNDS)[number];

/** What each bound covers, for the help. */
export const COVERAGE: Readonly<Record<Bound, string>> = {
  small: 'up to two mutations with one fault or two invocations at once, three mutations one after another',
  ci: 'up to two mutations with two invocations at once and one fault, three mutations with one fault or, if all photos are good, two invocations at once',
  large: 'three mutations, each delivered twice, with two invocations at once and one fault, under all settings',
};

export function scenariosOf(bound: Bound): Scenario[] {
  return { small, ci, large }[bound]();
}

/** Every history of exactly so many mutations, starting with a key that does not exist. */
function histories(length: number): (readonly Mutation[])[] {
  if (length === 0) return [[]];
  return histories(length - 1).flatMap((history) => possibleNext(new History(history)).map((mutation) => [...history, mutation]));
}

/** Two renditions show whether a manifest waits for all of them. */
const WITH_MANIFEST = { ...PLAIN, manifest: true, renditions: 2 } as const;

type Variant = Pick<Scenario, 'deletePropagation' | 'publish' | 'renditions'>;
const BOTH: HandlerSettings['publish'] = ['processed', 'failed'];

/** Every two settings meet in one of these. */
const VARIANTS: readonly Variant[] = [
  { deletePropagation: true, publish: BOTH, renditions: 1 },
  { deletePropagation: false, publish: BOTH, renditions: 2 },
  { deletePropagation: true, publish: ['report'], renditions: 2 },
  { deletePropagation: false, publish: ['report'], renditions: 1 },
  { deletePropagation: true, publish: ['failed'], renditions: 1 },
  { deletePropagation: false, publish: ['failed'], renditions: 2 },
];

const ALL_VARIANTS: readonly Variant[] = [true, false].flatMap((deletePropagation) =>
  [BOTH, ['report'] as const, ['failed'] as const].flatMap((publish) =>
    ([1, 2] as const).map((renditions) => ({ deletePropagation, publish: [...publish], renditions })),
  ),
);

const twice = (mutations: readonly Mutation[]) => mutations.map(() => 2);

/** Without delete propagation the function receives no deletions, so histories that differ in them alone are explored with it. */
function isTold({ mutations, deletePropagation }: Scenario): boolean {
  return deletePropagation || mutations.every(({ kind }) => kind === 'put') || mutations.at(-1)?.kind === 'put';
}

function under(variants: readonly Variant[], scenarios: readonly Scenario[]): Scenario[] {
  return variants.flatMap((variant) => scenarios.map((scenario) => ({ ...scenario, ...variant }))).filter(isTold);
}

/** Failed originals are tagged and copied. */
const MARKING = { ...PLAIN, marksFailures: true };

function fails(mutations: readonly Mutation[]): boolean {
  return mutations.some((mutation) => mutation.kind === 'put' && mutation.content === 'bad');
}

function isPhotoGone(mutations: readonly Mutation[]): boolean {
  return new History(mutations).current(mutations.length) === undefined;
}

/** How often each event is delivered, if it is the last one's number that differs. */
const lastOf = (mutations: readonly Mutation[], copies: number) =>
  mutations.map((_, index) => (index === mutations.length - 1 ? copies : 1));

/** Histories whose last event is lost, or delivered in spite of the reconciliation that follows it. */
function reconciled(all: readonly (readonly Mutation[])[]): Scenario[] {
  return all.flatMap((mutations) =>
    [0, 1].map((copies) => ({ ...PLAIN, mutations, deliveries: lastOf(mutations, copies), reconciliations: [mutations.length] })),
  );
}

/**
 * Histories in which the table is restored to every earlier state. The event of the last mutation arrives before, or is lost, if it
 * is an upload (docs/reliability.md, "What does not hold").
 */
function restored(all: readonly (readonly Mutation[])[]): Scenario[] {
  return all.flatMap((mutations) =>
    mutations.flatMap((_, restoredFrom) =>
      (mutations.at(-1)?.kind === 'put' ? [0, 1] : [1]).map((copies) => {
        return { ...PLAIN, mutations, deliveries: lastOf(mutations, copies), restoredFrom };
      }),
    ),
  );
}

function small(): Scenario[] {
  const one = histories(1);
  const two = histories(2);
  const three = histories(3);
  return [
    ...one.map((mutations) => ({ ...WITH_MANIFEST, mutations, deliveries: [2], concurrency: 2 })),
    ...two.filter(isPhotoGone).map((mutations) => ({ ...WITH_MANIFEST, mutations, renditions: 1 as const, concurrency: 2 })),
    ...one.map((mutations) => ({ ...PLAIN, mutations, deliveries: [2], concurrency: 2 })),
    ...one.map((mutations) => ({ ...PLAIN, mutations, deliveries: [2], concurrency: 2, sameRequest: true })),
    ...one.map((mutations) => ({ ...PLAIN, mutations, backfills: [1], concurrency: 2 })),
    ...one.map((mutations) => ({ ...PLAIN, mutations, deliveries: [2], concurrency: 2, faultCount: 1 })),
    ...one.filter(fails).map((mutations) => ({ ...MARKING, mutations, deliveries: [2], concurrency: 2, faultCount: 1 })),
    ...two.filter(fails).map((mutations) => ({ ...MARKING, mutations, concurrency: 2 })),
    ...two.map((mutations) => ({ ...PLAIN, mutations, concurrency: 2 })),
    ...two.map((mutations) => ({ ...PLAIN, mutations, deliveries: [2, 2] })),
    ...two.map((mutations) => ({ ...PLAIN, mutations, faultCount: 1 })),
    ...under(
      VARIANTS.slice(1),
      one.map((mutations) => ({ ...PLAIN, mutations, faultCount: 1 })),
    ),
    ...three.map((mutations) => ({ ...PLAIN, mutations })),
    ...reconciled(one).flatMap((scenario) => [
      { ...scenario, concurrency: 2 },
      { ...scenario, faultCount: 1 },
    ]),
    ...reconciled(two),
    ...restored([...one, ...two]),
  ];
}

function ci(): Scenario[] {
  const one = histories(1);
  const two = histories(2);
  const three = histories(3);
  const oneRendition = VARIANTS.filter(({ renditions }) => renditions === 1);
  const good = three.filter((mutations) => !fails(mutations));
  const deliveredTwice = (mutations: readonly Mutation[]): Scenario => ({
    ...PLAIN,
    mutations,
    deliveries: twice(mutations),
    concurrency: 2,
  });
  return [
    ...small(),
    ...under(
      VARIANTS,
      one.map(deliveredTwice).map((scenario) => ({ ...scenario, faultCount: 1 })),
    ),
    ...under(
      oneRendition,
      one.map(deliveredTwice).map((scenario) => ({ ...scenario, faultCount: 1, sameRequest: true })),
    ),
    ...one.map((mutations) => ({ ...PLAIN, mutations, backfills: [1], concurrency: 2, faultCount: 1 })),
    ...two.map((mutations) => ({ ...PLAIN, mutations, backfills: [2], concurrency: 2 })),
    ...under(
      VARIANTS.slice(1),
      two.map((mutations) => ({ ...PLAIN, mutations, faultCount: 1 })),
    ),
    ...under(
      VARIANTS.slice(1),
      two.map((mutations) => ({ ...PLAIN, mutations, concurrency: 2 })),
    ),
    ...two.map((mutations) => ({ ...PLAIN, mutations, concurrency: 2, deliveries: [1, 2], sameRequest: true })),
    ...two.map((mutations) => ({ ...PLAIN, mutations, concurrency: 2, faultCount: 1 })),
    ...three.map((mutations) => ({ ...PLAIN, mutations, deliveries: twice(mutations) })),
    ...three.map((mutations) => ({ ...PLAIN, mutations, faultCount: 1, faults: ['die', 'lose', 'false404'] as const })),
    ...good.map((mutations) => ({ ...PLAIN, mutations, concurrency: 2 })),
    ...two
      .filter((mutations) => !isPhotoGone(mutations))
      .map((mutations) => ({ ...WITH_MANIFEST, mutations, renditions: 1 as const, concurrency: 2 })),
    ...two.map((mutations) => ({ ...WITH_MANIFEST, mutations, faultCount: 1 })),
    ...one.map((mutations) => ({ ...PLAIN, manifest: true, mutations, deliveries: [2], concurrency: 2, faultCount: 1 })),
    ...one.map((mutations) => ({ ...PLAIN, manifest: true, mutations, backfills: [1], concurrency: 2 })),
    ...one.map((mutations) => ({ ...PLAIN, manifest: true, mutations, backfills: [1], faultCount: 1 })),
    ...two.map((mutations) => ({ ...PLAIN, manifest: true, mutations, deletePropagation: false, faultCount: 1 })).filter(isTold),
    ...two.map((mutations) => ({ ...PLAIN, manifest: true, mutations, concurrency: 2, faultCount: 1, faults: ['stall'] as const })),
    ...two.filter(fails).map((mutations) => ({ ...MARKING, mutations, concurrency: 2, faultCount: 1 })),
    ...two.filter(fails).map((mutations) => ({ ...MARKING, mutations, backfills: [2], concurrency: 2 })),
    ...reconciled(one).map((scenario) => ({ ...scenario, concurrency: 2, faultCount: 1 })),
    ...reconciled(two).flatMap((scenario) => [
      { ...scenario, concurrency: 2 },
      { ...scenario, faultCount: 1 },
    ]),
    ...reconciled(three),
    ...restored(two).map((scenario) => ({ ...scenario, faultCount: 1 })),
    ...restored(three),
  ];
}

function large(): Scenario[] {
  const one = histories(1);
  const two = histories(2);
  const three = histories(3);
  const most = (mutations: readonly Mutation[], sameRequest: boolean): Scenario => {
    return { ...PLAIN, mutations, deliveries: twice(mutations), concurrency: 2, faultCount: 1, sameRequest };
  };
  return [
    ...ci(),
    ...three.map((mutations) => ({ ...PLAIN, manifest: true, mutations, faultCount: 1, faults: ['die'] as const })),
    ...three.filter(fails).map((mutations) => ({ ...MARKING, mutations, faultCount: 1, faults: ['die', 'lose'] as const })),
    ...under(
      ALL_VARIANTS,
      one.flatMap((mutations) => [most(mutations, false), most(mutations, true)]),
    ),
    ...two.map((mutations) => ({ ...PLAIN, mutations, backfills: [1, 2], concurrency: 2, faultCount: 1 })),
    ...reconciled(two).map((scenario) => ({ ...scenario, concurrency: 2, faultCount: 1, backfills: [1] })),
    ...reconciled(three).map((scenario) => ({ ...scenario, concurrency: 2 })),
    ...three.map((mutations) => ({ ...PLAIN, mutations, concurrency: 2 })),
    ...three.map((mutations) => ({ ...PLAIN, mutations, concurrency: 2, faultCount: 1 })),
    ...two.flatMap((mutations) => [most(mutations, false), most(mutations, true)]),
    ...three.flatMap((mutations) => [most(mutations, false), most(mutations, true)]),
    ...under(
      ALL_VARIANTS.slice(1),
      two.flatMap((mutations) => [most(mutations, false), most(mutations, true)]),
    ),
    ...under(
      ALL_VARIANTS.slice(1),
      three.flatMap((mutations) => [most(mutations, false), most(mutations, true)]),
    ),
  ];
}
