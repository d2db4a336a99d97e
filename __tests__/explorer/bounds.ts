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

/** Makes a scenario of each history; what is not given is plain. */
function each(all: readonly (readonly Mutation[])[], options: Partial<Omit<Scenario, 'mutations'>> = {}): Scenario[] {
  return all.map((mutations) => ({ ...PLAIN, ...options, mutations }));
}

/** Two renditions show whether a manifest waits for all of them. */
const WITH_MANIFEST = { manifest: true, renditions: 2 } as const;

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

/** Without delete propagation the function receives no deletions, so histories that differ in them alone are explored with it. */
function isTold({ mutations, deletePropagation }: Scenario): boolean {
  return deletePropagation || mutations.every(({ kind }) => kind === 'put') || mutations.at(-1)?.kind === 'put';
}

function under(variants: readonly Variant[], scenarios: readonly Scenario[]): Scenario[] {
  return variants.flatMap((variant) => scenarios.map((scenario) => ({ ...scenario, ...variant }))).filter(isTold);
}

/** Failed originals are tagged and copied. */
const MARKING = { marksFailures: true };

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
    ...each(one, { ...WITH_MANIFEST, deliveries: [2], concurrency: 2 }),
    ...each(two.filter(isPhotoGone), { manifest: true, concurrency: 2 }),
    ...each(one, { deliveries: [2], concurrency: 2 }),
    ...each(one, { deliveries: [2], concurrency: 2, sameRequest: true }),
    ...each(one, { backfills: [1], concurrency: 2 }),
    ...each(one, { deliveries: [2], concurrency: 2, faultCount: 1 }),
    ...each(one.filter(fails), { ...MARKING, deliveries: [2], concurrency: 2, faultCount: 1 }),
    ...each(two.filter(fails), { ...MARKING, concurrency: 2 }),
    ...each(two, { concurrency: 2 }),
    ...each(two, { deliveries: [2, 2] }),
    ...each(two, { faultCount: 1 }),
    ...under(VARIANTS.slice(1), each(one, { faultCount: 1 })),
    ...each(three),
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
  return [
    ...small(),
    ...under(VARIANTS, each(one, { deliveries: [2], concurrency: 2, faultCount: 1 })),
    ...under(oneRendition, each(one, { deliveries: [2], concurrency: 2, faultCount: 1, sameRequest: true })),
    ...each(one, { backfills: [1], concurrency: 2, faultCount: 1 }),
    ...each(two, { backfills: [2], concurrency: 2 }),
    ...under(VARIANTS.slice(1), each(two, { faultCount: 1 })),
    ...under(VARIANTS.slice(1), each(two, { concurrency: 2 })),
    ...each(two, { concurrency: 2, deliveries: [1, 2], sameRequest: true }),
    ...each(two, { concurrency: 2, faultCount: 1 }),
    ...each(three, { deliveries: [2, 2, 2] }),
    ...each(three, { faultCount: 1, faults: ['die', 'lose', 'false404'] }),
    ...each(good, { concurrency: 2 }),
    ...each(
      two.filter((mutations) => !isPhotoGone(mutations)),
      { manifest: true, concurrency: 2 },
    ),
    ...each(two, { ...WITH_MANIFEST, faultCount: 1 }),
    ...each(one, { manifest: true, deliveries: [2], concurrency: 2, faultCount: 1 }),
    ...each(one, { manifest: true, backfills: [1], concurrency: 2 }),
    ...each(one, { manifest: true, backfills: [1], faultCount: 1 }),
    ...each(two, { manifest: true, deletePropagation: false, faultCount: 1 }).filter(isTold),
    ...each(two, { manifest: true, concurrency: 2, faultCount: 1, faults: ['stall'] }),
    ...each(two.filter(fails), { ...MARKING, concurrency: 2, faultCount: 1 }),
    ...each(two.filter(fails), { ...MARKING, backfills: [2], concurrency: 2 }),
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
  const most = (all: readonly (readonly Mutation[])[]): Scenario[] =>
    all.flatMap((mutations) =>
      [false, true].map((sameRequest) => {
        return { ...PLAIN, mutations, deliveries: mutations.map(() => 2), concurrency: 2, faultCount: 1, sameRequest };
      }),
    );
  return [
    ...ci(),
    ...each(three, { manifest: true, faultCount: 1, faults: ['die'] }),
    ...each(three.filter(fails), { ...MARKING, faultCount: 1, faults: ['die', 'lose'] }),
    ...under(ALL_VARIANTS, most(one)),
    ...each(two, { backfills: [1, 2], concurrency: 2, faultCount: 1 }),
    ...reconciled(two).map((scenario) => ({ ...scenario, concurrency: 2, faultCount: 1, backfills: [1] })),
    ...reconciled(three).map((scenario) => ({ ...scenario, concurrency: 2 })),
    ...each(three, { concurrency: 2 }),
    ...each(three, { concurrency: 2, faultCount: 1 }),
    ...most(two),
    ...most(three),
    ...under(ALL_VARIANTS.slice(1), most(two)),
    ...under(ALL_VARIANTS.slice(1), most(three)),
  ];
}
