// Holdfast as those outside see it: a sender posts to a source, a program asks the API.

import { expect } from 'vitest';
import type { AccountState, DeliveryDetail, MessageDetail, MessageStatus, MessageSummary } from '#lib/inbox/types.ts';
import type { Holdfast } from './holdfast.ts';
import type { SignedBody } from './signing.ts';
import { until } from './until.ts';

export interface DoorAnswer {
  status: number;
  headers: Headers;
  /** The text, or what it says where it is a JSON object. */
  body: Record<string, unknown>;
  text: string;
}

/** Posts to `/in/<path>`, as a sender does. */
export async function post(
  holdfast: Holdfast,
  path: string,
  { body, headers = {} }: { body: string | Buffer; headers?: Record<string, string> }
): Promise<DoorAnswer> {
  return send(holdfast, `/in/${path}`, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers });
}

/** Any request, with what came back read to its end. */
export async function send(holdfast: Holdfast, path: string, init: RequestInit = {}): Promise<DoorAnswer> {
  const response = await fetch(holdfast.url + path, { redirect: 'manual', ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: objectIn(text) };
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Posts what has to be accepted. @returns the message's id */
export async function accepted(holdfast: Holdfast, path: string, signed: SignedBody): Promise<string> {
  const answer = await post(holdfast, path, signed);
  expect(answer, answer.text).toMatchObject({ status: 200 });
  return String(answer.body['id']);
}

/** Creates by the API. */
export async function make<T = Record<string, unknown> & { id: number }>(
  holdfast: Holdfast,
  path: string,
  body: unknown
): Promise<T> {
  const answer = await holdfast.api(path, { method: 'POST', body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body as T;
}

async function got<T>(holdfast: Holdfast, path: string): Promise<T> {
  const answer = await holdfast.api(path);
  expect(answer, path).toMatchObject({ status: 200 });
  return answer.body as T;
}

/** The body of a message, as the API gives it back. */
export async function bytesOf(holdfast: Holdfast, id: string): Promise<Buffer> {
  const headers = { authorization: `Bearer ${holdfast.apiKey}` };
  const response = await fetch(`${holdfast.url}/api/v1/messages/${id}/body`, { headers });
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

const WORST_FIRST: MessageStatus[] = ['failed', 'held', 'pending', 'succeeded'];

/** A message; at any moment its status is the worst of the deliveries that it comes with. */
export async function messageOf(holdfast: Holdfast, id: string): Promise<MessageDetail> {
  const message = await got<MessageDetail>(holdfast, `/messages/${id}`);
  const statuses = message.deliveries.map(({ status }) => status);
  expect(message.status).toBe(WORST_FIRST.find((status) => statuses.some((one) => one === status)) ?? 'none');
  return message;
}

export const deliveryOf = (holdfast: Holdfast, id: string) => got<DeliveryDetail>(holdfast, `/deliveries/${id}`);
export const accountOf = (holdfast: Holdfast, id: number) => got<AccountState>(holdfast, `/accounts/${id}?limit=500`);

export interface MessagePage {
  data: MessageSummary[];
  next_cursor: string | null;
}

export const messagePage = (holdfast: Holdfast, query = '') => got<MessagePage>(holdfast, `/messages?${query}`);

/** Every message that a filter finds, newest first, page by page. */
export async function allMessages(holdfast: Holdfast, query = '', limit = 100): Promise<MessageSummary[]> {
  const found: MessageSummary[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: MessagePage = await messagePage(holdfast, `${query}&limit=${limit}&cursor=${cursor}`);
    found.push(...page.data);
    cursor = page.next_cursor;
  }
  return found;
}

/** Waits until no delivery of a source is under way, then gives its messages. */
export async function settledMessages(holdfast: Holdfast, source: string): Promise<MessageSummary[]> {
  await until(async () => (await messagePage(holdfast, `source=${source}&status=pending`)).data.length === 0, {
    failure: async () => `Still pending: ${JSON.stringify((await messagePage(holdfast, 'status=pending')).data)}`
  });
  return allMessages(holdfast, `source=${source}`);
}

/** The only delivery of a message, once the condition holds for it. */
export async function deliveryWhen(
  holdfast: Holdfast,
  messageId: string,
  condition: (delivery: DeliveryDetail) => boolean
): Promise<DeliveryDetail> {
  let last: DeliveryDetail | null = null;
  await until(
    async () => {
      const [delivery] = (await messageOf(holdfast, messageId)).deliveries;
      last = delivery === undefined ? null : await deliveryOf(holdfast, delivery.id);
      // At no moment is an attempt counted and not listed.
      expect(last?.attempts).toHaveLength(last?.attempt_count ?? 0);
      return last !== null && condition(last);
    },
    { failure: () => `The delivery is ${JSON.stringify(last)}` }
  );
  return last!;
}
