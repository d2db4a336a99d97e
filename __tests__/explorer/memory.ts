import { type Actor, type Announced, committed, type Memory, type Observation, type Step, type Tally, tallied } from './observation.ts';

/** What a step did to the effects. */
export function afterStep(memory: Memory, { before, after, actor, published, counted }: Step): Memory {
  const tallies = { ...memory.tallies };
  let { lastGood } = memory;
  const tally = (origin: Tally['origin'], { version, status }: Announced): Tally =>
    tallies[`${origin} ${version}`] ?? { version, origin, status, commits: 0, announced: 0, counted: 0, mayRepeat: 0, mayMiss: 0 };
  const put = (changed: Tally) => {
    tallies[`${changed.origin} ${changed.version}`] = changed;
  };
  const effect = committed(before, after);
  if (effect !== undefined && actor !== undefined) {
    const one = tally(tallied(actor.origin), { version: effect.version ?? '', status: effect.status });
    put({ ...one, status: effect.status, commits: one.commits + 1 });
    if (effect.status === 'processed') lastGood = effect.version;
  }
  for (const announced of published) {
    const one = tally('event', announced);
    put({ ...one, announced: one.announced + 1 });
  }
  for (const announced of counted) {
    const one = tally(tallied(actor?.origin), announced);
    put({ ...one, counted: one.counted + 1 });
  }
  return { ...memory, tallies, lastGood };
}

/** A fault struck an invocation: what it has published without a mark may be published again (P6). */
export function afterFault(memory: Memory, { published }: Actor, { record }: Observation): Memory {
  const version = record?.effect?.version;
  if (record?.owes !== true || version === undefined || !published.includes(version)) return memory;
  return changed(memory, `event ${version}`, ({ mayRepeat }) => ({ mayRepeat: mayRepeat + 1 }));
}

/** An invocation died, or never learned that its commit had taken effect: what it has committed may be uncounted (P7). */
export function afterLoss(memory: Memory, { origin, committed: versions }: Actor): Memory {
  return versions.reduce(
    (result, version) => changed(result, `${tallied(origin)} ${version}`, ({ mayMiss }) => ({ mayMiss: mayMiss + 1 })),
    memory,
  );
}

/** Everything that runs stalls for longer than a reservation lasts: whoever sends the message now cannot know that its sender is alive. */
export function afterStall(memory: Memory, { record }: Observation): Memory {
  if (record?.owes !== true) return memory;
  return changed(memory, `event ${record.effect?.version}`, ({ mayRepeat }) => ({ mayRepeat: mayRepeat + 1 }));
}

/** What was announced and counted since the backup is unknown, so all of it may be repeated. */
export function afterRestore(memory: Memory): Memory {
  const again = (tally: Tally): Tally => ({ ...tally, counted: 0, mayRepeat: tally.mayRepeat + 1, mayMiss: tally.mayMiss + tally.counted });
  const tallies = Object.fromEntries(Object.entries(memory.tallies).map(([key, tally]) => [key, again(tally)]));
  return { ...memory, tallies, isRestored: true };
}

function changed(memory: Memory, key: string, by: (tally: Tally) => Partial<Tally>): Memory {
  const tally = memory.tallies[key];
  return tally === undefined ? memory : { ...memory, tallies: { ...memory.tallies, [key]: { ...tally, ...by(tally) } } };
}
