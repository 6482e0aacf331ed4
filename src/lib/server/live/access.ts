// Whether those who read may still read: asked again while streams are open, once for all streams of one session.

/** What live needs to know of whoever asks; the rest of a principal is app.ts's business. */
export interface LivePrincipal {
  kind: 'user' | 'key';
  id: number;
  /** Of a user: one person's sessions end one by one. */
  sessionId?: string;
  expiresAt?: Date;
}

export interface Admitted<P extends LivePrincipal> {
  principal: P;
  /** Asks the database anew; false also when the role is no longer the same. */
  stillValid(): Promise<boolean>;
}

/** A stream as seen from here. */
export interface Guarded<P extends LivePrincipal> {
  admitted: Admitted<P>;
  topics(): string[];
  cut(): void;
}

export interface AccessParts<P extends LivePrincipal> {
  mayRead(principal: P, topic: string): Promise<boolean>;
  onError(error: unknown): void;
  /** Milliseconds between two checks. */
  checkIntervalMs?: number;
}

const CHECK_INTERVAL_MS = 2_000;
/** A session that could not be checked for so many intervals counts as ended: what is sent might not be its to read. */
const UNCHECKED_INTERVALS = 1.75;
/** setTimeout takes 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface Access<P extends LivePrincipal> {
  /** Watches a stream until the function that it returns is called. */
  guard(stream: Guarded<P>): () => void;
  close(): void;
}

/** The same for all streams of one session, or of one key. */
export function identityOfPrincipal(principal: LivePrincipal): string {
  return `${principal.kind}:${principal.id}:${principal.sessionId ?? ''}`;
}

interface Session<P extends LivePrincipal> {
  streams: Set<Guarded<P>>;
  checking: boolean;
  checkedAt: number;
  expiry: NodeJS.Timeout | null;
}

export function createAccess<P extends LivePrincipal>(parts: AccessParts<P>): Access<P> {
  const intervalMs = parts.checkIntervalMs ?? CHECK_INTERVAL_MS;
  const sessions = new Map<string, Session<P>>();
  const checking = setInterval(() => {
    for (const session of sessions.values()) {
      if (performance.now() - session.checkedAt > intervalMs * UNCHECKED_INTERVALS) cut(session.streams);
      void check(session);
    }
  }, intervalMs);

  async function check(session: Session<P>): Promise<void> {
    if (session.checking) return;
    session.checking = true;
    const startedAt = performance.now();
    try {
      cut(await thoseThatMayNot(session, parts));
      session.checkedAt = startedAt;
    } catch (error) {
      parts.onError(error);
    } finally {
      session.checking = false;
    }
  }

  return {
    guard(stream) {
      const { principal } = stream.admitted;
      const identity = identityOfPrincipal(principal);
      const session = sessions.get(identity) ?? newSession<P>();
      sessions.set(identity, session);
      session.streams.add(stream);
      // Checked, not cut: the expiry may have been put off meanwhile.
      session.expiry ??= atExpiry(principal, () => void check(session));
      return () => {
        session.streams.delete(stream);
        if (session.streams.size > 0) return;
        if (session.expiry) clearTimeout(session.expiry);
        if (sessions.get(identity) === session) sessions.delete(identity);
      };
    },
    close: () => clearInterval(checking)
  };
}

/** All streams of a session that has ended; of a good one, those with a topic that is no longer theirs. */
async function thoseThatMayNot<P extends LivePrincipal>(
  session: Session<P>,
  parts: AccessParts<P>
): Promise<Iterable<Guarded<P>>> {
  const [first] = session.streams;
  if (first === undefined) return [];
  if (!(await first.admitted.stillValid())) return session.streams;
  const { principal } = first.admitted;
  const topics = new Set([...session.streams].flatMap((stream) => stream.topics()));
  const lost = new Set<string>();
  for (const topic of topics) if (!(await parts.mayRead(principal, topic))) lost.add(topic);
  return [...session.streams].filter((stream) => stream.topics().some((topic) => lost.has(topic)));
}

function cut<P extends LivePrincipal>(streams: Iterable<Guarded<P>>): void {
  for (const stream of [...streams]) stream.cut();
}

function newSession<P extends LivePrincipal>(): Session<P> {
  return { streams: new Set(), checking: false, checkedAt: performance.now(), expiry: null };
}

function atExpiry(principal: LivePrincipal, check: () => void): NodeJS.Timeout | null {
  if (principal.expiresAt === undefined) return null;
  const remainingMs = principal.expiresAt.getTime() - Date.now();
  return remainingMs > LONGEST_TIMER_MS ? null : setTimeout(check, Math.max(0, remainingMs) + 1);
}
