import { useEffect, useState } from 'preact/hooks';
import { type Delivery, MAX_DELIVERIES, MAX_MAILS } from '../delivery.ts';
import type { Change, Snapshot } from '../studio.ts';

/** What the page knows; there is no snapshot before the first event. */
interface StudioState extends Omit<Change, 'totals'>, Partial<Pick<Change, 'totals'>> {
  readonly connection: 'connecting' | 'open' | 'lost';
  readonly snapshot?: Omit<Snapshot, keyof Change>;
}

/** Follows the studio's events. The browser reconnects by itself when the stream ends. */
export function useStudio(): StudioState {
  const [state, setState] = useState<StudioState>({ connection: 'connecting', deliveries: [], mails: [] });
  useEffect(() => {
    const events = new EventSource('/events');
    events.addEventListener('snapshot', ({ data }) => {
      const { deliveries, mails, totals, ...snapshot }: Snapshot = JSON.parse(data);
      setState({ connection: 'open', snapshot, deliveries, mails, totals });
    });
    events.addEventListener('change', ({ data }) => {
      const { deliveries, mails, totals }: Change = JSON.parse(data);
      setState((known) => ({
        ...known,
        deliveries: merge(known.deliveries, deliveries),
        mails: [...known.mails, ...mails].slice(-MAX_MAILS),
        totals,
      }));
    });
    events.addEventListener('error', () => setState((known) => ({ ...known, connection: 'lost' })));
    return () => events.close();
  }, []);
  return state;
}

/** Oldest first, and no more than the studio remembers; a changed delivery replaces its former state. */
function merge(known: readonly Delivery[], changed: readonly Delivery[]): readonly Delivery[] {
  const byId = new Map([...known, ...changed].map((delivery) => [delivery.id, delivery]));
  return [...byId.values()].slice(-MAX_DELIVERIES);
}

/** Sends a command; rejects with a message for the user. */
export async function post(path: string, body?: File): Promise<void> {
  const headers = body?.type ? { 'content-type': body.type } : undefined;
  const response = await fetch(path, { method: 'POST', body: body ?? null, ...(headers && { headers }) }).catch(() => {
    throw new Error('The studio does not respond. Is it still running?');
  });
  if (!response.ok) throw new Error(await reasonOf(response));
}

/** Fetches the ledger's item of a delivery's key. */
export async function fetchRecord(id: number): Promise<Record<string, unknown>> {
  const response = await fetch(`/api/deliveries/${id}/record`);
  if (!response.ok) throw new Error(await reasonOf(response));
  return response.json();
}

async function reasonOf(response: Response): Promise<string> {
  const { error } = await response.json().catch(() => ({}));
  return error ?? `The studio answered with status ${response.status}.`;
}
