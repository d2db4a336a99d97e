import { type Actor, committed, type Memory, type Observation, type Step, type Tally, type Told } from './observation.ts';

/** What a step did to the effects. */
export function afterStep(memory: Memory, { before, after, actor, published, counted }: Step): Memory {
  const tallies = { ...memory.tallies };
  let { lastGood } = memory;
  const tally = (origin: Tally['origin'], { version, status }: Told): Tally =>
    tallies[`${origin} ${version}`] ?? { version, origin, status, commits: 0, announced: 0, counted: 0, mayRepeat: 0, mayMiss: 0 };
  const put = (changed: Tally) => {
    tallies[`${changed.origin} ${changed.version}`] = changed;
  };
  const effect = committed(before, after);
  if (effect !== undefined && actor !== undefined) {
    const one = tally(actor.origin, { version: effect.version ?? '', status: effect.status });
    put({ ...one, status: effect.status, commits: one.commits + 1 });
    if (effect.status === 'processed') lastGood = effect.version;
  }
  for (const told of published) {
    const one = tally('event', told);
    put({ ...one, announced: one.announced + 1 });
  }
  for (const told of counted) {
    const one = tally(actor?.origin ?? 'event', told);
    put({ ...one, counted: one.counted + 1 });
  }
  return { tallies, lastGood };
}

/** A fault struck an invocation: what it has published without a mark may be repeated, what it has committed may be uncounted. */
export function afterFault(
  memory: Memory,
  { actor, after, losesCount }: { actor: Actor; after: Observation; losesCount: boolean },
): Memory {
  const { effect, owes } = after.record ?? {};
  let { tallies } = memory;
  const change = (key: string, by: (tally: Tally) => Partial<Tally>) => {
    const tally = tallies[key];
    if (tally !== undefined) tallies = { ...tallies, [key]: { ...tally, ...by(tally) } };
  };
  for (const version of actor.published) {
    if (owes && effect?.version === version) change(`event ${version}`, ({ mayRepeat }) => ({ mayRepeat: mayRepeat + 1 }));
  }
  if (losesCount) for (const version of actor.committed) change(`${actor.origin} ${version}`, ({ mayMiss }) => ({ mayMiss: mayMiss + 1 }));
  return { ...memory, tallies };
}

/** Everything that runs stalls for longer than a reservation lasts: whoever sends the message now cannot know that its sender is alive. */
export function afterStall(memory: Memory, { record }: Observation): Memory {
  const version = record?.effect?.version;
  const tally = memory.tallies[`event ${version}`];
  if (record?.owes !== true || tally === undefined) return memory;
  return { ...memory, tallies: { ...memory.tallies, [`event ${version}`]: { ...tally, mayRepeat: tally.mayRepeat + 1 } } };
}
