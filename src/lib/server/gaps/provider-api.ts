// One request to a provider's API: through the guarded agent, within a time, up to a size, with what it answered in
// words where that is no success.

import { request as httpRequest, type Dispatcher } from 'undici';
import { problem, type OrProblem } from './types.ts';

const TIMEOUT_MS = 10_000;
/** A hundred of Stripe's events are some hundred kilobytes; a long invoice makes one of them a hundred by itself. */
const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;
const MAX_QUOTED_CHARACTERS = 200;

export interface ProviderApi {
  /** As people call it: "GitHub". */
  name: string;
  baseUrl: string;
  headers: Record<string, string>;
  /** Sentences for a key that is not taken (401) and for what is not found or not allowed (403, 404). */
  refusals: { key: string; access: string };
  clock: () => number;
}

export interface ApiAnswer {
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

interface Asked {
  method?: 'GET' | 'POST';
  /** With its query. */
  path: string;
  form?: URLSearchParams;
}

/** Asks. @returns what a success (2xx) carries, else why there is none */
export async function ask(
  dispatcher: Dispatcher,
  api: ProviderApi,
  { method = 'GET', path, form }: Asked
): Promise<OrProblem<ApiAnswer>> {
  const url = `${api.baseUrl.replace(/\/+$/, '')}${path}`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const type = form ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
  try {
    const { statusCode, headers, body } = await httpRequest(url, {
      ...{ dispatcher, signal, method, body: form?.toString() ?? null },
      // Nothing is decompressed: a small answer could become a large one.
      headers: { 'user-agent': 'Holdfast', 'accept-encoding': 'identity', ...api.headers, ...type }
    });
    const text = await readCapped(body);
    if (text === null) return problem('provider_unreachable', tooLarge(api));
    return statusCode >= 200 && statusCode < 300
      ? { headers, text }
      : refusal(api, { status: statusCode, headers, text });
  } catch (error) {
    const why = signal.aborted ? `no whole answer within ${TIMEOUT_MS / 1000} s` : reasonOf(error);
    return problem(
      'provider_unreachable',
      `${api.name} could not be reached at ${api.baseUrl}: ${why}. Check api_base_url, then try again.`
    );
  }
}

const tooLarge = ({ name }: ProviderApi) =>
  `${name} answered with more than ${MAX_RESPONSE_BYTES} bytes, the limit. Ask for a shorter time.`;

/** @returns null when it is larger than the limit */
async function readCapped(stream: Dispatcher.ResponseData['body']): Promise<string | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream) {
    if (!Buffer.isBuffer(part)) continue;
    bytes += part.length;
    if (bytes > MAX_RESPONSE_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return (cause instanceof Error ? cause.message || cause.name : String(cause)).replace(/\.$/, '');
}

type Refused = ApiAnswer & { status: number };

function refusal(api: ProviderApi, answer: Refused) {
  const wait = waitOf(api, answer);
  if (wait !== null) return problem('provider_rate_limited', `${api.name} takes no more requests for now: ${wait}.`);
  const said = `${api.name} answered ${answer.status}${quoted(answer.text)}.`;
  if (answer.status === 401) return problem('provider_refused', `${said} ${api.refusals.key}`);
  if (answer.status === 403 || answer.status === 404) {
    return problem('provider_refused', `${said} ${api.refusals.access}`);
  }
  if (answer.status >= 300 && answer.status < 400) {
    return problem('provider_refused', `${said} Redirects are not followed: set api_base_url to where it leads.`);
  }
  return problem(answer.status >= 500 ? 'provider_unreachable' : 'provider_refused', `${said} Try again later.`);
}

/** How long to wait, when that is what is wrong: 429, and GitHub's 403 with nothing remaining or a time to wait. */
function waitOf({ clock }: ProviderApi, { status, headers }: Refused): string | null {
  const at = freeAgainAt(headers, clock());
  if (status !== 429 && (status !== 403 || at === null)) return null;
  if (at === null) return 'try again in a minute';
  const minutes = Math.max(1, Math.ceil((at - clock()) / 60_000));
  return `try again after ${new Date(at).toISOString().slice(11, 19)} UTC, in ${minutes} min`;
}

/** @returns milliseconds since 1970; null: the headers say nothing of a limit */
function freeAgainAt(headers: ApiAnswer['headers'], now: number): number | null {
  const retryAfterSeconds = Number(first(headers['retry-after']));
  if (retryAfterSeconds > 0) return now + retryAfterSeconds * 1000;
  const resetSeconds = Number(first(headers['x-ratelimit-reset']));
  return first(headers['x-ratelimit-remaining']) === '0' && resetSeconds > 0 ? resetSeconds * 1000 : null;
}

const first = (value: string | string[] | undefined): string => [value ?? ''].flat()[0] ?? '';

/** GitHub says `{"message"}`, Stripe `{"error":{"message"}}`. */
function quoted(text: string): string {
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  if (message === undefined) return '';
  return `: “${message.replace(/\\./g, ' ').replace(/\.$/, '').slice(0, MAX_QUOTED_CHARACTERS)}”`;
}
