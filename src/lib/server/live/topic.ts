// Topics by name. What a topic's frames are is in replay.ts; who may read one is app.ts's business.

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export type Topic =
  { kind: 'inbox' } | { kind: 'message'; id: string } | { kind: 'account'; id: number } | { kind: 'pull-requests' };

/** Reads `inbox`, `message:<uuid>`, `account:<id>`, `pull-requests`; null for anything else. */
export function parseTopic(text: string): Topic | null {
  if (text === 'inbox' || text === 'pull-requests') return { kind: text };
  const [kind, id = '', ...more] = text.split(':');
  if (more.length > 0) return null;
  if (kind === 'message' && UUID.test(id)) return { kind, id };
  if (kind === 'account' && /^[1-9]\d{0,9}$/.test(id)) return { kind, id: Number(id) };
  return null;
}
