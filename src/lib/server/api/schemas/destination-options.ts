// Options of an HTTP destination as the API takes and gives them.

import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import * as v from 'valibot';
import { HOP_BY_HOP, isOurs } from '#lib/inbox/sent-headers.ts';
import { orNull } from './fields.ts';

const MAX_TRIES = 50;
const MAX_PAUSE_SECONDS = 30 * 86_400;
const MAX_RATE = 10_000;
const MAX_CONCURRENCY = 256;
const MAX_TIMEOUT_SECONDS = 120;
const MAX_HEADERS = 30;
const MAX_HEADER_CHARACTERS = 4096;
const MAX_PEM_CHARACTERS = 100_000;

const pause = v.pipe(
  v.number(),
  v.minValue(0, `0 to ${MAX_PAUSE_SECONDS} seconds are taken`),
  v.maxValue(MAX_PAUSE_SECONDS, `0 to ${MAX_PAUSE_SECONDS} seconds are taken`)
);

const retry = v.pipe(
  v.strictObject({
    schedule_seconds: v.pipe(v.array(pause), v.maxLength(MAX_TRIES, `at most ${MAX_TRIES} pauses are taken`))
  }),
  v.description(
    'Seconds to wait after each failed try; after the last one it has failed. Replaces the default schedule.'
  )
);

const perSecond = v.pipe(
  v.number(),
  v.gtValue(0, `a number above 0, up to ${MAX_RATE}, is needed`),
  v.maxValue(MAX_RATE, `a number above 0, up to ${MAX_RATE}, is needed`)
);

const rate = v.pipe(
  v.union([
    v.pipe(
      perSecond,
      v.transform((value) => ({ per_second: value }))
    ),
    v.strictObject({ per_second: perSecond })
  ]),
  v.description('Deliveries a second, at most.')
);

const wholeNumber = (max: number, description: string) => {
  const needed = `a whole number from 1 to ${max} is needed`;
  return v.pipe(
    v.number(),
    v.integer(needed),
    v.minValue(1, needed),
    v.maxValue(max, needed),
    v.description(description)
  );
};

const ordered = v.pipe(v.boolean(), v.description('One at a time, in the order of receipt.'));
const orderKey = v.pipe(
  v.string(),
  v.maxLength(200, 'at most 200 characters are taken'),
  v.regex(/^(?:header|json):./u, 'header:<name> or json:<keys joined by dots> is needed'),
  v.description('With `ordered`: the order is kept among messages that have the same value here.')
);

const headerName = v.pipe(
  v.string(),
  v.trim(),
  v.maxLength(100, 'at most 100 characters are taken'),
  v.regex(/^[\w!#$%&'*+.^`|~-]+$/, 'the name of a header is needed'),
  v.check((name) => !HOP_BY_HOP.has(name.toLowerCase()), 'this header is of the connection and cannot be set'),
  v.check((name) => !isOurs(name), 'webhook-* and holdfast-* are set by this program')
);
const headerValue = v.pipe(
  v.string(),
  v.trim(),
  v.nonEmpty('a value is needed'),
  v.maxLength(MAX_HEADER_CHARACTERS, `at most ${MAX_HEADER_CHARACTERS} characters are taken`),
  // What is in a header goes out as Latin-1.
  v.regex(/^[\t\x20-\x7e\xa0-\xff]*$/, 'one line of Latin-1 characters is needed')
);
const headers = v.pipe(
  v.array(v.strictTuple([headerName, v.nullable(headerValue)])),
  v.maxLength(MAX_HEADERS, `at most ${MAX_HEADERS} headers are taken`),
  v.check(
    (list) => new Set(list.map(([name]) => name.toLowerCase())).size === list.length,
    'each name can be there once'
  ),
  v.description(
    'Sent with every delivery, `[name, value]` each, instead of the sender’s of that name. Values are kept encrypted and shown masked; null as a value keeps the one that is stored.'
  )
);

const pem = (what: string, label: string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.maxLength(MAX_PEM_CHARACTERS, `at most ${MAX_PEM_CHARACTERS} characters are taken`),
    v.regex(new RegExp(`^-----BEGIN ${label}-----[\\s\\S]+-----END ${label}-----$`), `${what} in PEM is needed`)
  );

const tls = v.pipe(
  v.strictObject({
    ca: v.nullish(
      v.pipe(
        pem('a certificate', 'CERTIFICATE'),
        v.check(areCertificates, 'this certificate cannot be read'),
        v.description('Trusted instead of the public authorities. PEM; several may follow each other.')
      )
    ),
    client_certificate: v.nullish(
      v.pipe(
        pem('a certificate', 'CERTIFICATE'),
        v.description('Shown to the destination, where it asks for one. PEM.')
      )
    ),
    client_key: v.nullish(
      v.pipe(
        pem('a private key without a passphrase', '(?:(?:RSA|EC) )?PRIVATE KEY'),
        v.description('Of the client certificate. PEM. Kept encrypted, never shown; not given: the stored one stays.')
      )
    ),
    server_name: v.nullish(
      v.pipe(
        v.string(),
        v.trim(),
        v.regex(/^(?=.{1,253}$)[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i, 'a host name is needed'),
        v.description('Asked for, and looked for in the certificate, instead of the URL’s.')
      )
    ),
    verify: v.optional(v.pipe(v.boolean(), v.description('false: any certificate is taken. Needs `insecure`: true.'))),
    insecure: v.optional(v.pipe(v.literal(true), v.description('Says that verify: false is meant.')))
  }),
  v.forward(
    v.check(
      ({ verify, insecure }) => verify !== false || insecure === true,
      'without it anybody on the way can read and change the deliveries; say "insecure": true beside it if that is meant'
    ),
    ['verify']
  ),
  v.forward(
    v.check(
      ({ client_certificate: cert, client_key: key }) =>
        !cert || !key || reads(() => createSecureContext({ cert, key })),
      'the certificate and the key cannot be read, or do not belong together'
    ),
    ['client_certificate']
  ),
  v.transform(({ insecure: _, ...rest }) => rest)
);

const reads = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch {
    return false;
  }
};

/** TLS itself passes over what it cannot read, and trusts nobody then. */
function areCertificates(chain: string): boolean {
  const all = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return all.length > 0 && reads(() => all.map((one) => new X509Certificate(one)));
}

/** What is not given stays; null goes back to the usual. */
const option = <S extends v.GenericSchema>(schema: S) => v.optional(v.nullable(schema));

export const optionFields = {
  retry: option(retry),
  rate: option(rate),
  concurrency: option(wholeNumber(MAX_CONCURRENCY, 'Deliveries at once, at most.')),
  ordered: v.optional(ordered),
  order_key: option(orderKey),
  method: option(
    v.pipe(
      v.picklist(['POST', 'PUT', 'PATCH']),
      v.description('Instead of the method that the message came by, which is the default.')
    )
  ),
  timeout_seconds: option(wholeNumber(MAX_TIMEOUT_SECONDS, 'Of a whole try, its answer included. 30 by default.')),
  headers: option(headers),
  tls: option(tls),
  forward_path: v.optional(
    v.pipe(v.boolean(), v.description('What the sender had below /in/<slug>, and its query, is appended to the URL.'))
  )
};

const textOrNull = orNull(v.string());
const numberOrNull = orNull(v.number());

export const shownOptionFields = {
  retry: orNull(v.object({ schedule_seconds: v.array(v.number()) })),
  rate: orNull(v.object({ per_second: v.number() })),
  concurrency: numberOrNull,
  ordered: v.boolean(),
  order_key: textOrNull,
  method: textOrNull,
  timeout_seconds: numberOrNull,
  headers: v.pipe(v.array(v.tuple([v.string(), v.string()])), v.description('Their values are masked.')),
  tls: orNull(
    v.object({
      ...{ ca: textOrNull, client_certificate: textOrNull, has_client_key: v.boolean() },
      ...{ server_name: textOrNull, verify: v.boolean() }
    })
  ),
  forward_path: v.boolean()
};
