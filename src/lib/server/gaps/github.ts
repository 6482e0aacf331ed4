// What GitHub says it sent to a hook: its deliveries API. A redelivery comes through the door, signed, with the id
// (X-GitHub-Delivery) that the first try had. GitHub never sends again by itself.

import type { Dispatcher } from 'undici';
import * as v from 'valibot';
import { ask, type ApiAnswer, type ProviderApi } from './provider-api.ts';
import {
  problem,
  textOption,
  type Filled,
  type OrProblem,
  type Sent,
  type SentList,
  type SentPage,
  type Window
} from './types.ts';
import type { RoutedSource } from '#lib/server/routing/types.ts';

const BASE_URL = 'https://api.github.com';
const PAGE_SIZE = 100;
const API_VERSION = '2022-11-28';

const delivery = v.looseObject({
  id: v.string(),
  guid: v.string(),
  delivered_at: v.pipe(v.string(), v.isoTimestamp()),
  status: v.string(),
  status_code: v.number(),
  event: v.string(),
  action: v.nullish(v.string())
});

type Delivery = v.InferOutput<typeof delivery>;

export const NO_HOOK =
  'Which hook of GitHub sends to this source is not set. Its address at GitHub ends with the number of the hook: set the ' +
  'option hook to repos/<owner>/<repository>/hooks/<number>, orgs/<organisation>/hooks/<number>, or app/hook.';

/** GitHub's list for a source whose option `hook` says which hook. */
export function githubList(
  { dispatcher, clock }: { dispatcher: Dispatcher; clock: () => number },
  source: RoutedSource,
  { token, hook }: { token: string; hook: string }
): SentList {
  const api: ProviderApi = {
    name: 'GitHub',
    baseUrl: textOption(source, 'api_base_url') ?? BASE_URL,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'x-github-api-version': API_VERSION
    },
    refusals: {
      key: 'The token was revoked, has expired or was not pasted whole: make another and store it as the secret "github-token".',
      access: `Either there is no ${hook}, or the token may not see it: it needs the permission "Webhooks: read and write" there.`
    },
    clock
  };

  async function page(window: Window, cursor: string | null): Promise<OrProblem<SentPage>> {
    const query = new URLSearchParams({ per_page: String(PAGE_SIZE), ...(cursor === null ? {} : { cursor }) });
    const answer = await ask(dispatcher, api, { path: `/${hook}/deliveries?${query.toString()}` });
    if ('problem' in answer) return answer;
    const deliveries = readDeliveries(answer.text);
    if (deliveries === null) return problem('provider_unreachable', unreadable(api));
    const backTo = deliveries.at(-1)?.delivered_at ?? null;
    const isPast = backTo !== null && Date.parse(backTo) < Date.parse(window.since);
    return {
      sent: deliveries.filter((each) => isWithin(each, window)).map(sentOf),
      ...{ count: deliveries.length, backTo, next: isPast ? null : nextCursor(answer) }
    };
  }

  async function fill(id: string): Promise<OrProblem<Filled>> {
    if (!/^\d{1,20}$/.test(id)) return problem('provider_refused', `"${id}" is not the id of a delivery of GitHub.`);
    const answer = await ask(dispatcher, api, { method: 'POST', path: `/${hook}/deliveries/${id}/attempts` });
    if ('problem' in answer) return answer;
    const message = 'GitHub was asked to send it again. It comes through the door, signed, within a minute.';
    return { outcome: 'asked', message, message_id: null };
  }

  const notes = async (): Promise<string[]> => ['GitHub lists the deliveries of the last 3 days.'];
  return { page, fill, notes };
}

const unreadable = ({ baseUrl }: ProviderApi) =>
  `What ${baseUrl} answered is not a list of GitHub's deliveries: check the options api_base_url and hook.`;

/** @returns null when it is none */
function readDeliveries(text: string): Delivery[] | null {
  try {
    const parsed = v.safeParse(v.array(delivery), JSON.parse(text, withExactIds));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** Ids of deliveries pass 2^53: as a number one would be rounded, and another delivery asked for. */
function withExactIds(key: string, value: unknown, ...[context]: unknown[]): unknown {
  if (key !== 'id' || typeof value !== 'number') return value;
  const hasSource = typeof context === 'object' && context !== null && 'source' in context;
  return hasSource ? String(context.source) : String(value);
}

function isWithin({ delivered_at: at }: Delivery, { since, until }: Window): boolean {
  const time = Date.parse(at);
  return time >= Date.parse(since) && time < Date.parse(until);
}

function sentOf({ id, guid, event, action, delivered_at: at, status, status_code: code }: Delivery): Sent {
  return {
    ...{ id, event_id: guid, event_type: action ? `${event}.${action}` : event, sent_at: new Date(at).toISOString() },
    // 0 stands for no answer at all: status then says "failed to connect to host", "timed out" …
    provider: { ok: code >= 200 && code < 300, status_code: code === 0 ? null : code, text: status }
  };
}

/** Only the cursor of the link is used: its host is GitHub's to choose, and the token goes only where it was made for. */
function nextCursor({ headers }: ApiAnswer): string | null {
  const link = [headers['link'] ?? []].flat().join(', ');
  const next = /<([^>]*)>\s*;\s*rel="next"/.exec(link)?.[1];
  return next !== undefined && URL.canParse(next) ? new URL(next).searchParams.get('cursor') : null;
}
