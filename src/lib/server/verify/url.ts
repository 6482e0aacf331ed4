// The spellings of a URL that a provider may have signed.

import { decodeFormText } from './form.ts';

/**
 * Twilio signs the URL as configured, and its back ends do not agree about the standard port, about normalising and about
 * how the query is encoded: its own library tries all of them.
 * @returns the URL as it came first, none twice
 */
export function spellingsOfUrl(url: string, kind: 'twilio' | undefined): readonly string[] {
  const parsed = kind === 'twilio' ? URL.parse(url) : null;
  if (!parsed) return [url];
  const port = parsed.port || (parsed.protocol === 'http:' ? '80' : '443');
  const without = new URL(parsed);
  without.port = '';
  const withoutPort = without.toString();
  const withPort = withoutPort.replace(
    `${without.host}${without.pathname}`,
    `${without.host}:${port}${without.pathname}`
  );
  return [...new Set([url, withoutPort, withPort, legacyQuery(withoutPort), legacyQuery(withPort)])];
}

function legacyQuery(url: string): string {
  const at = url.indexOf('?');
  if (at === -1) return url;
  const pairs = url.slice(at + 1).split('&');
  const encoded = pairs.map((pair) =>
    pair
      .split('=')
      .map((part) => encodeURIComponent(decodeFormText(part)))
      .join('=')
  );
  return `${url.slice(0, at + 1)}${encoded.join('&')}`;
}
