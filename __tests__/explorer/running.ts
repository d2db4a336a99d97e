import type { Call, LiveInvocation } from './invocation.ts';
import type { Actor } from './observation.ts';
import type { FaultKind } from './scenario.ts';
import { type Delivery, nameIn, type Running, type State } from './state.ts';

/** How often Lambda invokes the function with an asynchronous event. */
export const ATTEMPTS = 3;

/** Lambda retries an asynchronous event twice under one request ID, then it is a dead letter. */
export function ended(state: State, index: number, { delivery }: Running, isDone: boolean): State {
  const inOrder = (deliveries: readonly Delivery[]) => deliveries.toSorted((a, b) => (nameIn(a) < nameIn(b) ? -1 : 1));
  const running = state.running.filter((_, other) => other !== index);
  if (isDone) return { ...state, running };
  if (delivery.attempt >= ATTEMPTS) return { ...state, running, dead: inOrder([...state.dead, delivery]) };
  return { ...state, running, waiting: inOrder([...state.waiting, { ...delivery, attempt: delivery.attempt + 1 }]) };
}

/** It is looked at, the record is read, it is removed. */
const CALLS_PER_REMOVAL = 3;

export function namesOf(calls: readonly Call[]): Running['calls'] {
  return calls.map(({ id, port, method }) => ({ id, name: `${port}.${method}` }));
}

export function nameOf({ delivery }: Running): string {
  const { origin, mutation, request, attempt, copy } = delivery;
  return `${origin} ${mutation} (request ${request}${copy > 0 ? `, delivered again` : ''}, attempt ${attempt}):`;
}

const FAULT_WORDS: Readonly<Record<FaultKind, string>> = {
  dieFirst: 'the run dies before it',
  die: 'takes effect, and the run dies',
  fail: 'fails without effect',
  lose: 'takes effect, and its answer is lost',
  false404: 'S3 answers 404 from here on',
  stall: 'stalls',
};

export function howOf(fault: FaultKind | undefined): string {
  return fault === undefined ? '' : ` (${FAULT_WORDS[fault]})`;
}

export function endOf(end: LiveInvocation['ended']): string {
  if (end === undefined) return '';
  return 'outcome' in end ? `; ends as ${end.outcome}${end.inProgress ? ' (in progress)' : ''}` : '; ends with a fault';
}

export function outcomeOf(end: LiveInvocation['ended']): string | undefined {
  return end !== undefined && 'outcome' in end ? end.outcome : undefined;
}

export function actorOf({ delivery, run, startedAt, since, noNews, log, removals, committed: commits, published }: Running): Actor {
  const calls = log.responses.length - CALLS_PER_REMOVAL * removals;
  return { run, startedAt, mutation: delivery.mutation, origin: delivery.origin, since, noNews, calls, committed: commits, published };
}
