// Accounts as the API takes and gives them.

import * as v from 'valibot';
import type { AccountState } from '#lib/inbox/types.ts';
import { count, idOut, name, orNull, text, timeOut, uuidOut } from './fields.ts';

const MAX_ENTRIES = 500;

const ownerEmail = v.pipe(
  v.nullable(v.pipe(v.string(), v.trim(), v.maxLength(254), v.email('an email address is needed'))),
  v.description('The customer who signs in with this address sees the account.')
);

const stripeCustomer = v.pipe(
  v.nullable(text(255)),
  v.description('Payments without metadata.account_id of this Stripe customer go here.')
);

export const newAccount = v.strictObject({
  name,
  currency: v.pipe(
    v.string(),
    v.regex(/^[a-z]{3}$/i, 'the three letters of ISO 4217 are needed, such as usd'),
    v.description('Cannot be changed later.')
  ),
  owner_email: v.optional(ownerEmail, null),
  stripe_customer: v.optional(stripeCustomer, null)
});

export const accountChange = v.strictObject({
  name: v.exactOptional(name),
  owner_email: v.exactOptional(ownerEmail),
  stripe_customer: v.exactOptional(stripeCustomer)
});

export const newReversal = v.strictObject({
  reason: v.pipe(text(200), v.trim(), v.nonEmpty(), v.description('Why; shown on the line.'))
});

export const reversalOut = v.object({
  id: v.pipe(idOut, v.description('The new line.')),
  reverses: idOut,
  amount: idOut,
  message_id: orNull(uuidOut)
});

export const entriesQuery = v.strictObject({
  limit: v.optional(count(1, MAX_ENTRIES, 'How many entries, newest first.'), '50'),
  before: v.exactOptional(count(1, 999_999_999, 'Only entries older than the one with this id.'))
});

const accountFields = {
  id: idOut,
  name: v.string(),
  currency: v.string(),
  balance: v.pipe(idOut, v.description('Integer minor units.')),
  version: idOut
};

const managedFields = { owner_email: orNull(v.string()), stripe_customer: orNull(v.string()), created_at: timeOut };

export const accountOut = v.object({ ...accountFields, ...managedFields });

const stateFields = {
  ...accountFields,
  entries: v.array(
    v.object({
      id: idOut,
      amount: v.pipe(idOut, v.description('Integer minor units, signed; 0: a note without an amount.')),
      balance_after: idOut,
      kind: v.string(),
      reason: v.string(),
      test: v.boolean(),
      message_id: orNull(uuidOut),
      created_at: timeOut,
      reverses: v.pipe(orNull(idOut), v.description('The entry that this one takes back.')),
      reversed_by: v.pipe(orNull(idOut), v.description('The entry that took this one back.'))
    })
  )
};

/** What live frames carry, and what only its managers and owner see. */
type AccountDetail = AccountState & v.InferOutput<typeof accountOut>;

export const accountDetailOut: v.GenericSchema<AccountDetail> = v.object({ ...stateFields, ...managedFields });
