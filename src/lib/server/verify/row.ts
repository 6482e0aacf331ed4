// The shape of a provider's row: data only. compile.ts turns it into a Provider once, when the program starts.

import type { HeaderPair } from '#lib/inbox/types.ts';

/** How far to trust a row: checked against a published vector, official code or docs, public code, or nothing yet. */
export type Confidence = 'vector' | 'source' | 'public' | 'unconfirmed';

export type Family =
  | 'raw'
  | 'ts'
  | 'ts-kv'
  | 'ts-list'
  | 'ts-pos'
  | 'std'
  | 'ctx'
  | 'in-body'
  | 'hash'
  | 'asym'
  | 'token'
  | 'body-token'
  | 'url-secret'
  | 'basic'
  | 'jwt'
  | 'generic'
  | 'none';

/** Where a value stands in a request. Header names in the provider's own spelling; paths as in `a.b.0.c`. */
export type Field = `header:${string}` | `query:${string}` | `form:${string}` | `json:${string}`;

export type Algorithm = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';
/** `hex-upper`: hexadecimal in capitals. base64 with padding, base64url without. */
export type Encoding = 'hex' | 'hex-upper' | 'base64' | 'base64url';
/**
 * What is done to the secret before it is a key. `whsec`: base64 after `whsec_` (or `v1,whsec_`), if that is there;
 * `sha1`: the SHA-1 digest of the text; `whpk`: a raw ed25519 public key, base64 after `whpk_`; `spki`: a public key as
 * PEM or as the base64 of its DER.
 */
export type KeyPreparation = 'utf8' | 'base64' | 'whsec' | 'hex' | 'nfkd' | 'sha1' | 'whpk' | 'spki';
/** `iso-utc`: ISO 8601 without a zone, meaning UTC. */
export type TimestampUnit = 's' | 'ms' | 'rfc3339' | 'rfc1123' | 'iso-utc';
/** `stripe-sdk`: HMAC-SHA256 checked by Stripe's own library. `digest`: a plain hash of a template that has {secret}. */
export type Proof = 'hmac' | 'digest' | 'ed25519' | 'ecdsa' | 'stripe-sdk';

/** Which of a source's secrets a scheme is about. A public key must never serve as an HMAC key. */
export interface SecretFilter {
  startingWith?: string;
  notStartingWith?: string;
}

/** In a field of its own (`at`), or in the signature's as the part of that name. */
export interface TimestampRow {
  at?: Field;
  part?: string;
  unit: TimestampUnit;
  /** How far the sender's clock may be off, either way. Null: the provider names no limit. */
  toleranceSeconds: number | null;
}

/** Without more than the field: the lower-case hex HMAC-SHA256 of the body, by the secret's own text. */
export interface SignatureRow {
  proof?: Proof;
  /** The field that carries the signature. */
  signature: Field;
  /** Fixed text before the signature: `sha256=`. */
  prefix?: string;
  /** The value is a list of named parts, as in `t=1,v1=ab` or `v1,ab v1,cd`. `name`: the parts that are signatures. Without a
   * `delimiter` the first part is the timestamp and the others are signatures. */
  parts?: { separator: string; delimiter: string; name: string };
  algorithm?: Algorithm;
  encoding?: Encoding;
  key?: KeyPreparation;
  /**
   * What is signed, byte for byte: literals and {body} {ts} {id} {secret} {body_crlf} {method} {url} {url_decoded} {form_sorted}
   * {header:Name} {query:name} {form:name} {json:path}. A `?` before the brace closes: empty when absent.
   */
  signed?: string;
  timestamp?: TimestampRow;
  /** What {id} reads. */
  id?: Field;
  /** Fields that must have exactly these values. */
  constants?: readonly (readonly [Field, string])[];
  secrets?: SecretFilter;
  /** JSON path of a list: every item of it is signed by itself, and `json:` paths start at the item. */
  each?: string;
  /** Spellings of the URL that the provider may have signed. */
  urls?: 'twilio';
  /** `bodySHA256` in the query is the body's SHA-256; the row is for requests that have it, or that do not. */
  bodyHashInQuery?: boolean;
}

/** The secret itself is sent. `encoding`: of the secret, as in HTTP Basic. */
export interface TokenRow {
  proof: 'token';
  signature: Field;
  prefix?: string;
  encoding?: 'base64';
  secrets?: SecretFilter;
}

export type JwtAlgorithm = 'HS256' | 'HS384' | 'HS512';

/** A JSON Web Token signed with the secret. Claims about time count wherever they are there. */
export interface JwtRow {
  proof: 'jwt';
  signature: Field;
  prefix?: string;
  /** What the token's `alg` may be; anything else, `none` above all, is refused. */
  algorithms: readonly JwtAlgorithm[];
  issuer?: string;
  /** The claim that is the body's SHA-256. `absentWhenEmpty`: it must not be there for an empty body. */
  bodyHash?: { claim: string; encoding: 'hex' | 'base64' | 'base64url'; absentWhenEmpty?: boolean };
  /** The claim that is the URL, or the hex of its SHA-256. */
  url?: { claim: string; hashed: boolean };
  /** Whether `exp` must be there. */
  expires: boolean;
  leewaySeconds: number;
  secrets?: SecretFilter;
}

export type SchemeRow = SignatureRow | TokenRow | JwtRow;

export interface ProviderOption {
  name: string;
  label: string;
  kind: 'text' | 'number' | 'choice';
  choices?: readonly string[];
  default?: string | number;
  /** Without it nothing can be verified. */
  required?: boolean;
  help?: string;
}

/** Alternatives, the first that is there wins; those of several fields are joined with dots. */
export interface IdentityRow {
  /** Every joined field must be there. */
  id: readonly (Field | readonly Field[])[];
  /** Only the first of the joined fields must be there. */
  type: readonly (Field | readonly Field[])[];
}

/** An answer that a provider wants when its endpoint is set up. {echo} and {mac} stand for the values below. */
export interface HandshakeRow {
  method: 'GET' | 'POST' | 'OPTIONS';
  /** Fields and the value that each must have; null: any. */
  when: readonly (readonly [Field, string | null])[];
  /** Only after the signature was found valid: what is echoed must not be anybody's choice. */
  signed: boolean;
  /** A field that must equal the source's option of that name. */
  token?: { at: Field; option: string };
  echo?: Field;
  /** What {echo} may look like; anything else is no handshake. Without it: up to 2,048 characters. */
  echoPattern?: RegExp;
  /** {mac}: an HMAC over {echo} with the newest secret. */
  mac?: { algorithm: Algorithm; encoding: Encoding; key: KeyPreparation };
  reply: { status?: number; headers?: readonly HeaderPair[]; text?: string; json?: Readonly<Record<string, string>> };
}

/** {id} and {now} (seconds), {now_ms} and {now_iso} are filled in, so that each sample is an event of its own. */
export interface SampleRow {
  headers?: readonly HeaderPair[];
  contentType?: string;
  body: string | object;
}

/** Schemes made from a source's options; a string says which option is wrong, and what it may be. */
export type SchemesFromOptions = (options: Readonly<Record<string, unknown>>) => readonly SchemeRow[] | string;

export interface ProviderRow {
  slug: string;
  name: string;
  family: Family;
  confidence: Confidence;
  /** What the provider calls the secret; null when it has none. */
  secretLabel: string | null;
  /** Where in the provider's settings the URL is pasted. */
  settingsPath: string;
  /** Which part of the message the signature covers, in words. */
  covers: string;
  /** Tried in order; the first that proves the message decides. None: nothing is verified. */
  schemes: readonly SchemeRow[] | SchemesFromOptions;
  /** `options`: from the source's event_id_… and event_type_… options. */
  identity: IdentityRow | 'options';
  /** The form field that holds the JSON, in form bodies. */
  jsonInForm?: string;
  handshakes?: readonly HandshakeRow[];
  /** Body of the answer to every accepted message, where the provider insists on one. */
  acceptedReply?: string;
  /** The answer to a message with a bad signature, where the provider wants another than 401 with our JSON. */
  refusedReply?: { status?: number; text?: string };
  /** A header of the message that every answer to an accepted one has to repeat. */
  repeatedHeader?: string;
  options?: readonly ProviderOption[];
  sample: SampleRow;
}
