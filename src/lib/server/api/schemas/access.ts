// Keys and users as the API takes and gives them.

import * as v from 'valibot';
import { KEY_ROLES, ROLES } from '#lib/server/auth/principal.ts';
import { parseEmail } from '#lib/server/auth/email.ts';
import { idOut, name, orNull, timeIn, timeOut } from './fields.ts';

const oneOf = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `one of ${options.join(', ')} is needed`);

export const newKey = v.strictObject({
  name,
  role: oneOf(KEY_ROLES),
  expires_at: v.optional(v.nullable(timeIn('The key ends then; null: never.')), null)
});

export const keyChange = v.strictObject({ name });

const keyFields = {
  id: idOut,
  name: v.string(),
  prefix: v.pipe(v.string(), v.description('The first characters of the key, to tell keys apart.')),
  role: v.picklist(KEY_ROLES),
  created_at: timeOut,
  expires_at: orNull(timeOut),
  last_used_at: orNull(timeOut)
};

export const keyOut = v.object(keyFields);
export const createdKeyOut = v.object({
  ...keyFields,
  key: v.pipe(v.string(), v.description('The key itself: shown this once.'))
});

const email = v.pipe(
  v.string(),
  v.check((text) => parseEmail(text) !== null, 'an email address is needed'),
  v.transform((text) => parseEmail(text) ?? text)
);

export const newUser = v.strictObject({ email, role: oneOf(ROLES) });

export const userChange = v.strictObject({
  role: v.optional(oneOf(ROLES)),
  disabled: v.optional(v.pipe(v.boolean(), v.description('A disabled user cannot sign in, and is signed out now.')))
});

const userFields = {
  id: idOut,
  email: v.string(),
  role: v.picklist(ROLES),
  created_at: timeOut,
  disabled_at: orNull(timeOut),
  has_password: v.boolean()
};

export const userOut = v.object(userFields);
export const linkOut = v.object({
  link: v.pipe(v.string(), v.description('Choose a password there: good once, for 24 hours. Shown this once.'))
});
export const createdUserOut = v.object({ ...userFields, ...linkOut.entries });
