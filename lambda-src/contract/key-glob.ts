/** One step of a glob: a character, or a wildcard. */
type Step = { readonly is: string } | 'character' | 'name' | 'anything' | 'folders';

const TOKENS = /\\(.)|(?<=^|\/)(?:\*\*\/)+|\*{2,}|./gsu;

/**
 * Returns whether a glob matches a whole key. `*` stands for any characters but `/`, `?` for one of them, `**` for any characters. At the
 * start of the glob or after a `/`, `**` followed by `/` stands for any number of folders, including none. `\` makes the next character
 * literal. Letter case matters, as in S3.
 *
 * Uploaders choose the keys. This takes time in proportion to the length of the key, whatever it contains; the regular expressions that glob
 * libraries make take seconds for some keys (docs/decisions/glob-matching.md).
 */
export function matchesGlob(glob: string, key: string): boolean {
  const steps = stepsOf(glob);
  return positionsAfter(steps, key).has(steps.length);
}

/** Returns whether a glob matches any key that begins with this prefix. */
export function canMatchUnder(glob: string, prefix: string): boolean {
  return positionsAfter(stepsOf(glob), prefix).size > 0;
}

function stepsOf(glob: string): Step[] {
  return [...glob.matchAll(TOKENS)].map(([text, escaped]): Step => {
    if (escaped !== undefined) return { is: escaped };
    if (text.startsWith('**')) return text.endsWith('/') ? 'folders' : 'anything';
    return text === '*' ? 'name' : text === '?' ? 'character' : { is: text };
  });
}

/** Returns the steps that can be next after the text; the number of steps stands for the end of the glob. */
function positionsAfter(steps: readonly Step[], text: string): ReadonlySet<number> {
  let positions = new Set<number>();
  enter(positions, 0, steps);
  for (const character of text) {
    const next = new Set<number>();
    for (const at of positions) {
      const step = steps[at];
      if (step === 'anything' || (step === 'name' && character !== '/')) enter(next, at, steps);
      else if (step === 'folders') {
        next.add(at);
        if (character === '/') enter(next, at + 1, steps);
      } else if (step === 'character' ? character !== '/' : typeof step === 'object' && step.is === character) enter(next, at + 1, steps);
    }
    positions = next;
  }
  return positions;
}

/** Adds a step, and those behind it that are next if it matches nothing. */
function enter(positions: Set<number>, at: number, steps: readonly Step[]): void {
  positions.add(at);
  const step = steps[at];
  if (step === 'anything' || step === 'name' || step === 'folders') enter(positions, at + 1, steps);
}
