// Options of a destination: how a change to them is put together with what is stored, and what may be shown of them.

import type { Sealer } from './secrets.ts';
import type { StoredDestinationOptions, StoredTls } from './types.ts';

/** All that is ever shown of a value that may be a secret. */
const MASK = '••••••••';

type Header = [name: string, value: string | null];

export interface TlsChange {
  ca?: string | null | undefined;
  client_certificate?: string | null | undefined;
  /** Not given: the key that is stored stays with its certificate. */
  client_key?: string | null | undefined;
  server_name?: string | null | undefined;
  verify?: boolean | undefined;
}

type Plain = Omit<StoredDestinationOptions, 'headers' | 'tls'>;

/** What is given is changed; null goes back to the usual. */
export type OptionsChange = { [Name in keyof Plain]?: Plain[Name] | null | undefined } & {
  /** All of them; a value of null stays as it is stored. */
  headers?: Header[] | null | undefined;
  tls?: TlsChange | null | undefined;
};

/** Why a change cannot be made: a field and a sentence without its subject. */
export interface OptionsRefusal {
  field: 'headers' | 'tls.client_key' | 'order_key';
  problem: string;
}

/** @returns the options as they are to be stored */
export function changedOptions(
  vault: Sealer,
  stored: StoredDestinationOptions,
  change: OptionsChange
): StoredDestinationOptions | OptionsRefusal {
  const { headers, tls, ...plain } = change;
  const unknown = headers?.find(([name, value]) => value === null && keptHeader(stored, name) === undefined);
  if (unknown) return { field: 'headers', problem: `has no stored value for ${unknown[0]}: give one` };
  const next = withoutUsual({
    ...stored,
    ...defined(plain),
    ...(headers !== undefined && { headers: headers && sealedHeaders(vault, stored, headers) }),
    ...(tls !== undefined && { tls: tls && sealedTls(vault, stored.tls, tls) })
  });
  const refusal = refusalOf(next, change);
  if (refusal || next.ordered) return refusal ?? next;
  const { order_key: _, ...unordered } = next;
  return unordered;
}

function refusalOf({ tls, ordered }: StoredDestinationOptions, change: OptionsChange): OptionsRefusal | null {
  if (tls?.client_certificate !== undefined && tls.client_key_sealed === undefined) {
    return { field: 'tls.client_key', problem: 'is missing: a client certificate is of no use without its key' };
  }
  if (ordered || typeof change.order_key !== 'string') return null;
  return { field: 'order_key', problem: 'is for destinations that are ordered: set ordered to true' };
}

const keptHeader = ({ headers = [] }: StoredDestinationOptions, name: string): string | undefined =>
  headers.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1];

const sealed = (vault: Sealer, text: string): string => vault.seal(text).toString('base64');

function sealedHeaders(vault: Sealer, stored: StoredDestinationOptions, headers: Header[]): [string, string][] {
  return headers.map(([name, value]) => [
    name,
    value === null ? (keptHeader(stored, name) ?? '') : sealed(vault, value)
  ]);
}

function sealedTls(vault: Sealer, stored: StoredTls | undefined, change: TlsChange): StoredTls {
  const { client_key: key, client_certificate: certificate, verify, ca, server_name: serverName } = change;
  const kept = certificate ? stored?.client_key_sealed : undefined;
  const keySealed = key ? sealed(vault, key) : kept;
  return {
    ...(ca && { ca }),
    ...(certificate && { client_certificate: certificate }),
    ...(certificate && keySealed !== undefined && { client_key_sealed: keySealed }),
    ...(serverName && { server_name: serverName }),
    ...(verify === false && { verify: false as const })
  };
}

function defined(change: object): object {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** Without what says nothing: null, false, an empty list, an empty TLS. */
function withoutUsual(options: object): StoredDestinationOptions {
  const says = (value: unknown) =>
    value !== null && value !== false && !(typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => says(value)));
}

const USUAL = {
  ...{ retry: null, rate: null, concurrency: null, ordered: false, order_key: null },
  ...{ method: null, timeout_seconds: null, forward_path: false }
};

/** What may be shown of them. */
export function shownOptions({ headers = [], tls, ...plain }: StoredDestinationOptions) {
  return {
    ...USUAL,
    ...plain,
    headers: headers.map(([name]): [string, string] => [name, MASK]),
    tls: tls ? shownTls(tls) : null
  };
}

function shownTls({ client_key_sealed: key, ...tls }: StoredTls) {
  return {
    ...{ ca: null, client_certificate: null, server_name: null, verify: true },
    ...tls,
    has_client_key: key !== undefined
  };
}

export type ShownOptions = ReturnType<typeof shownOptions>;
