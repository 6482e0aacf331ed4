// Signs of trouble, gathered in memory where deliveries and arrivals pass by: nothing here waits or asks the database.
// What was gathered goes there once a second.

const MESSAGES_KEPT = 20;
/** So many different ones open a problem. */
export const DELIVERIES_KEPT = 3;
const ERROR_CHARACTERS = 500;

/** A delivery that was tried. */
export interface Tried {
  deliveryId: string;
  messageId: string;
  destinationId: number;
  then: 'succeeded' | 'again' | 'failed';
  error: string | null;
}

/** A message whose sender did not prove itself. */
export interface Refused {
  messageId: string;
  sourceId: number;
  reason: string | null;
}

/** Failures of one destination or source, as the database takes them. Times ISO 8601. */
export interface Sign {
  kind: 'destination_failing' | 'source_invalid';
  subject_id: number;
  count: number;
  first_at: string;
  last_at: string;
  last_error: string | null;
  /** Newest first. */
  message_ids: string[];
  delivery_ids: string[];
  gave_up: boolean;
}

export interface Gathered {
  signs: Sign[];
  /** Destinations that a delivery succeeded at, and when the last one did. */
  recovered: { subject_id: number; at: string }[];
}

const keyOf = ({ kind, subject_id: id }: Pick<Sign, 'kind' | 'subject_id'>): string => `${kind} ${id}`;

/** Makes an empty gathering. @param now milliseconds of the database's clock */
export function createGathering(now: () => number) {
  let signs = new Map<string, Sign>();
  let recovered = new Map<number, number>();

  const add = (sign: Sign): void => {
    const key = keyOf(sign);
    const known = signs.get(key);
    signs.set(key, known ? merged(known, sign) : sign);
  };

  function failed({ deliveryId, messageId, destinationId, then, error }: Tried): void {
    add({
      ...{ kind: 'destination_failing', subject_id: destinationId, ...once(now()), last_error: cleanText(error) },
      ...{ message_ids: [messageId], delivery_ids: [deliveryId], gave_up: then === 'failed' }
    });
  }

  function succeeded({ destinationId }: Tried): void {
    const key = keyOf({ kind: 'destination_failing', subject_id: destinationId });
    // What gave up is told all the same: nobody else tries it again.
    if (signs.get(key)?.gave_up === false) signs.delete(key);
    recovered.set(destinationId, now());
  }

  return {
    tried: (tried: Tried): void => (tried.then === 'succeeded' ? succeeded(tried) : failed(tried)),
    refused({ messageId, sourceId, reason }: Refused): void {
      add({
        ...{ kind: 'source_invalid', subject_id: sourceId, ...once(now()), last_error: cleanText(reason) },
        ...{ message_ids: [messageId], delivery_ids: [], gave_up: false }
      });
    },
    add,
    /** All there is, and begins anew. */
    take(): Gathered {
      const taken = {
        signs: [...signs.values()],
        recovered: [...recovered].map(([id, at]) => ({ subject_id: id, at: new Date(at).toISOString() }))
      };
      signs = new Map();
      recovered = new Map();
      return taken;
    },
    /** What could not be written: it is older than what has come since. */
    putBack(taken: Gathered): void {
      for (const sign of taken.signs) {
        const since = signs.get(keyOf(sign));
        const isOver = sign.kind === 'destination_failing' && recovered.has(sign.subject_id) && !sign.gave_up;
        if (!isOver) signs.set(keyOf(sign), since ? merged(sign, since) : sign);
      }
      for (const { subject_id: id, at } of taken.recovered) if (!recovered.has(id)) recovered.set(id, Date.parse(at));
    }
  };
}

function once(milliseconds: number): Pick<Sign, 'count' | 'first_at' | 'last_at'> {
  const at = new Date(milliseconds).toISOString();
  return { count: 1, first_at: at, last_at: at };
}

function merged(older: Sign, newer: Sign): Sign {
  return {
    ...newer,
    count: older.count + newer.count,
    first_at: older.first_at,
    last_error: newer.last_error ?? older.last_error,
    message_ids: distinct([...newer.message_ids, ...older.message_ids], MESSAGES_KEPT),
    delivery_ids: distinct([...older.delivery_ids, ...newer.delivery_ids], DELIVERIES_KEPT),
    gave_up: older.gave_up || newer.gave_up
  };
}

const distinct = (ids: readonly string[], limit: number): string[] => [...new Set(ids)].slice(0, limit);

/** jsonb takes neither NUL nor half a character; errors quote payloads, and payloads hold anything. */
const cleanText = (text: string | null): string | null =>
  text?.replaceAll('\0', '\uFFFD').slice(0, ERROR_CHARACTERS).toWellFormed() ?? null;
