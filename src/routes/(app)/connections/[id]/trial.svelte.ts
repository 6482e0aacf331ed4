// The filter that is being edited, tried on the server a moment after each change; what comes late is dropped.

export interface Trial {
  matched: number;
  of: number;
  skipped: number;
  examples: { id: string; event_type: string | null; matched: boolean }[];
}

const QUIET_MS = 250;

const isTrial = (said: unknown): said is Trial => typeof said === 'object' && said !== null && 'matched' in said;

const messageIn = (said: unknown, status: number): string =>
  typeof said === 'object' && said !== null && 'message' in said
    ? String(said.message)
    : `The server answered ${status}.`;

/**
 * Call it while a component is being made.
 * @param wanted the filter as it is now; null: it cannot be read, so that there is nothing to try
 */
export function liveTrial(source: () => string, first: () => Trial | null, wanted: () => { filter: unknown } | null) {
  let arrived = $state.raw<Trial | null>(null);
  let refusal = $state<string | null>(null);
  const asked = $derived(JSON.stringify(wanted()));
  const before = $derived(JSON.stringify({ ...wanted(), source: source() }));
  let tried: string | null = null;

  async function ask(body: string, signal: AbortSignal) {
    const answer = await fetch('/api/v1/connections/preview', {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body, signal }
    });
    const said: unknown = await answer.json();
    if (signal.aborted) return;
    arrived = isTrial(said) ? said : null;
    refusal = isTrial(said) ? null : messageIn(said, answer.status);
  }

  $effect(() => {
    const body = before;
    const isNew = tried !== null && tried !== body;
    tried = body;
    if (!isNew || asked === 'null') return;
    const stopped = new AbortController();
    const timer = setTimeout(() => {
      ask(body, stopped.signal).catch(() => {
        if (!stopped.signal.aborted) refusal = 'The server could not be reached.';
      });
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      stopped.abort();
    };
  });

  return {
    get result() {
      return arrived ?? first();
    },
    get refusal() {
      return refusal;
    }
  };
}
