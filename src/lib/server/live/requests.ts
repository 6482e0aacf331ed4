// What readers ask for, parsed: the parameters of an opening GET, the body of a changing POST.

import * as v from 'valibot';
import { parseFilter, type InboxFilter } from '#lib/inbox/filter.ts';
import { parseCursor, type Cursor } from './cursor.ts';
import type { Wish } from './subscription.ts';
import { parseTopic } from './topic.ts';

/** Every frame is held against each of them. */
export const MAX_SUBSCRIPTIONS = 64;

/** An outcome that the reader can mend: 400 with these words. */
export interface Refused {
  problem: string;
}

export interface Opening {
  wishes: Wish[];
  /** Whether the reader named its subscriptions, and wants to be told which of them a frame is for. */
  named: boolean;
}

export interface Change {
  subscribe: Wish[];
  unsubscribe: string[];
}

const text = v.pipe(v.string(), v.maxLength(200));
const wishSchema = v.strictObject({
  name: v.optional(v.pipe(v.string(), v.regex(/^[\w.-]{1,40}$/, 'name takes 1 to 40 of: letters, digits, _ . -'))),
  topic: text,
  filter: v.optional(v.record(v.string(), text), {}),
  since: v.optional(v.nullable(text), null)
});
const wishesSchema = v.pipe(v.array(wishSchema), v.maxLength(MAX_SUBSCRIPTIONS));
const changeSchema = v.strictObject({
  subscribe: v.optional(wishesSchema, []),
  unsubscribe: v.optional(v.pipe(v.array(text), v.maxLength(MAX_SUBSCRIPTIONS)), [])
});

/**
 * `?topics=inbox,account:1&source=…&since=…`, where the filter is the inbox's, or `?subscriptions=` with a JSON list of
 * `{name, topic, filter, since}`.
 * @param lastEventId the header, which is newer than the URL's `since`
 */
export function parseOpening(parameters: URLSearchParams, lastEventId: string | undefined): Opening | Refused {
  const since = parseSince(lastEventId || parameters.get('since') || null);
  if (isRefused(since)) return since;
  const list = parameters.get('subscriptions');
  const wishes = list === null ? parseTopics(parameters, since) : parseWishes(list);
  return isRefused(wishes) ? wishes : { wishes, named: list !== null };
}

/** `{subscribe: [{name, topic, filter, since}], unsubscribe: [name]}` */
export function parseChange(body: string): Change | Refused {
  const parsed = parseJson(body, changeSchema);
  if (isRefused(parsed)) return parsed;
  const subscribe = toWishes(parsed.subscribe);
  return isRefused(subscribe) ? subscribe : { subscribe, unsubscribe: parsed.unsubscribe };
}

export function isRefused(result: object | null): result is Refused {
  return result !== null && 'problem' in result;
}

function parseTopics(parameters: URLSearchParams, since: Cursor | null): Wish[] | Refused {
  const topics = (parameters.get('topics') ?? '').split(',').filter(Boolean);
  if (topics.length === 0) return { problem: 'topics is missing: name at least one, such as topics=inbox.' };
  if (topics.length > MAX_SUBSCRIPTIONS) {
    return { problem: `topics names ${topics.length}: a stream takes ${MAX_SUBSCRIPTIONS} at most.` };
  }
  // `since` says where the replay begins; as a part of the filter it would shut out what was committed late.
  const own = new URLSearchParams(parameters);
  own.delete('since');
  const { filter, problems } = parseFilter(own);
  if (problems.length > 0) return { problem: problems.join(' ') };
  return collect([...new Set(topics)].map((topic) => toWish({ name: topic, topic, filter, since })));
}

function parseWishes(list: string): Wish[] | Refused {
  const parsed = parseJson(list, wishesSchema);
  return isRefused(parsed) ? parsed : toWishes(parsed);
}

function toWishes(inputs: v.InferOutput<typeof wishesSchema>): Wish[] | Refused {
  return collect(
    inputs.map(({ name, topic, filter: parts, since: place }) => {
      const { filter, problems } = parseFilter(new URLSearchParams(parts));
      const since = parseSince(place);
      if (problems.length > 0) return { problem: problems.join(' ') };
      return isRefused(since) ? since : toWish({ name: name ?? topic, topic, filter, since });
    })
  );
}

function toWish(wish: Wish): Wish | Refused {
  const topic = parseTopic(wish.topic);
  if (topic === null) {
    return { problem: `"${wish.topic}" is not a topic: use inbox, message:<id>, account:<id> or pull-requests.` };
  }
  return topic.kind === 'inbox' ? wish : { ...wish, filter: noFilter };
}

/** Filters are about messages. */
const noFilter: InboxFilter = {};

function parseSince(place: string | null): Cursor | Refused | null {
  if (place === null) return null;
  const cursor = parseCursor(place);
  return (
    cursor ?? { problem: `since is "${place}": the id of a frame, or a time such as 2026-01-31T12:00:00Z, is needed.` }
  );
}

function collect(results: (Wish | Refused)[]): Wish[] | Refused {
  const wishes: Wish[] = [];
  for (const result of results) {
    if (isRefused(result)) return result;
    wishes.push(result);
  }
  return wishes;
}

function parseJson<Schema extends v.GenericSchema>(body: string, schema: Schema): v.InferOutput<Schema> | Refused {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { problem: 'This is not JSON.' };
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  return { problem: `${v.getDotPath(issue) ?? 'It'}: ${issue.message}` };
}
