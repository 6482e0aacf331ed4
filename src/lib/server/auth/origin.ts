// Forms and cookie-authenticated writes must come from our own pages. Pure; asked by the hook and by the live stream.

export interface RequestOrigin {
  method: string;
  /** The Origin header. */
  origin: string | null;
  /** The Sec-Fetch-Site header, which no page can set or change. */
  secFetchSite: string | null;
  /** The Host header, or what a trusted proxy says it was. */
  host: string | null;
  /** PUBLIC_URL. */
  publicUrl: URL | null;
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Whether a request may act with the cookie it carries. Reading methods always may: they change nothing.
 *
 * - `Sec-Fetch-Site: cross-site` or `same-site` is refused whatever Origin says: another host of the same domain is not us.
 * - With PUBLIC_URL the Origin must be exactly that; without, its host must be the Host asked, whatever the scheme,
 *   because a proxy may have taken off the TLS. A page that rebinds its own name to our address passes this, but
 *   browsers keep cookies by name: it has none of ours.
 * - Without Origin: every browser since 2020 sends it with a POST, so this is a tool or something that strips headers.
 *   Only the browser's own word (`same-origin`, or `none` for what a person typed or reloaded) lets it pass; tools
 *   have API keys and need no cookie.
 */
export function isSameOrigin(request: RequestOrigin): boolean {
  if (SAFE_METHODS.includes(request.method.toUpperCase())) return true;
  const site = request.secFetchSite;
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  if (request.origin === null) return site !== null;
  // `null`: a sandboxed frame, a file, a redirect across origins.
  if (!URL.canParse(request.origin)) return false;
  const origin = new URL(request.origin);
  if (request.publicUrl !== null) return origin.origin === request.publicUrl.origin;
  return request.host !== null && origin.host === normalizeHost(origin.protocol, request.host);
}

/** Host without the scheme's default port and in lower case, as URL gives it. */
function normalizeHost(protocol: string, host: string): string | null {
  const url = `${protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : null;
}
