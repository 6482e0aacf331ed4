// Email addresses as people's names in this system: lower case, so that one address is one user.

import * as v from 'valibot';

/** The longest address that mail can be sent to (RFC 5321, 4.5.3.1.3). */
const MAX_LENGTH = 254;

const schema = v.pipe(v.string(), v.trim(), v.toLowerCase(), v.email(), v.maxLength(MAX_LENGTH));

/** The address in its one form, or null when it is none. */
export function parseEmail(text: string): string | null {
  const result = v.safeParse(schema, text);
  return result.success ? result.output : null;
}
