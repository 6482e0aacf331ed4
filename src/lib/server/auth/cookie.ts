// The session cookie: its name, its attributes, and how to read it. Plain values, so that pages and the live stream share it.

export interface CookieOptions {
  path: '/';
  httpOnly: true;
  sameSite: 'lax';
  secure: boolean;
  expires: Date;
}

/** What `cookies.set(name, value, options)` of SvelteKit takes. */
export interface CookieToSet {
  name: string;
  value: string;
  options: CookieOptions;
}

export interface SessionCookie {
  name: string;
  /** @param expiresAt the session's absolute limit: the server ends it earlier when it is idle, the cookie need not be sent again */
  issue(sessionId: string, expiresAt: Date): CookieToSet;
  clear(): CookieToSet;
  /** The session id in a Cookie header, or null. */
  read(header: string | null | undefined): string | null;
}

/**
 * @param secure whether people come by https: only there may the cookie be Secure and carry the __Host- name, which
 *   browsers accept from no subdomain and from no plain-http page
 */
export function sessionCookie(secure: boolean): SessionCookie {
  const name = secure ? '__Host-holdfast_session' : 'holdfast_session';
  const cookie = (value: string, expires: Date): CookieToSet => ({
    name,
    value,
    // Lax and not Strict: a link to a message in a chat should open it. Writes are checked by origin.ts besides.
    options: { path: '/', httpOnly: true, sameSite: 'lax', secure, expires }
  });
  return {
    name,
    issue: cookie,
    clear: () => cookie('', new Date(0)),
    read: (header) => readCookie(header ?? '', name)
  };
}

/** Lucia's own parser throws on a stray %; an id is plain letters and digits, so nothing is decoded. */
function readCookie(header: string, name: string): string | null {
  for (const pair of header.split(';')) {
    const [key, value] = pair.split('=', 2);
    if (key?.trim() === name && value) return value.trim();
  }
  return null;
}
