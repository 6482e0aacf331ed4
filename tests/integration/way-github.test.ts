// GitHub's own example payloads through the whole program: every event, signed as GitHub's library signs them.

import { createRequire } from 'node:module';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import {
  githubDelivery,
  githubExamples,
  type GithubDelivery,
  type GithubPayload
} from '../support/github-deliveries.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { read } from '../support/live.ts';
import { accepted, allMessages, deliveryWhen, make, messageOf, send, settledMessages } from '../support/outside.ts';
import { signedByGitHub } from '../support/signing.ts';
import { until } from '../support/until.ts';

const SECRET = 'It’s a secret to everybody';
/** As many as GitHub sends at once to a busy organisation's hook. */
const AT_ONCE = 20;

const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url });
afterAll(() => holdfast.stop());
await make(holdfast, '/sources', { slug: 'github', provider: 'github', secrets: [SECRET] });
await make(holdfast, '/sources', { slug: 'github-forms', provider: 'github', secrets: [SECRET] });

const requireJson = createRequire(import.meta.url);
const EDITIONS = ['ghes-31', 'ghes-32', 'ghes-33', 'ghes-34', 'ghes-35'];

/** Every payload of every edition; of GitHub Enterprise Server as it is printed there, with line breaks. */
const all = [
  ...githubExamples.map((webhook) => ({ ...webhook, edition: 'cloud', indent: 0 })),
  ...EDITIONS.flatMap((edition) =>
    (requireJson(`@octokit/webhooks-examples/${edition}/index.json`) as typeof githubExamples).map((webhook) => ({
      ...webhook,
      edition,
      indent: 2
    }))
  )
].flatMap(({ name, examples, edition, indent }) =>
  examples.map((payload, number) => {
    const deliveryId = `${edition}-${name}-${number}`;
    const action = (payload as Partial<GithubPayload>).action;
    const type = typeof action === 'string' ? `${name}.${action}` : name;
    return { name, deliveryId, type, body: JSON.stringify(payload, null, indent) };
  })
);

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  }
  return results;
}

test('every example: 200, stored, type and id right, the bytes identical', async () => {
  expect(all.length).toBeGreaterThan(500);
  const ids = await inTurns(all, async (one) =>
    accepted(holdfast, 'github', await signedByGitHub(one.body, SECRET, one))
  );
  const settled = await settledMessages(holdfast, 'github');
  expect(settled).toHaveLength(all.length);

  const byId = new Map(settled.map((message) => [message.id, message]));
  all.forEach(({ deliveryId, type, body }, at) => {
    expect(byId.get(ids[at]!), deliveryId).toMatchObject({
      event_id: deliveryId,
      event_type: type,
      verification: { status: 'valid', reason: null },
      duplicate_of: null,
      size: Buffer.byteLength(body)
    });
  });
  await inTurns(ids, async (id) => {
    const { body } = all[ids.indexOf(id)]!;
    const response = await fetch(`${holdfast.url}/api/v1/messages/${id}/body`, {
      headers: { authorization: `Bearer ${holdfast.apiKey}` }
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(body)), body.slice(0, 100)).toBe(true);
  });
});

test('what the board is about was put on it, nothing failed, nothing else was delivered', async () => {
  const messages = await allMessages(holdfast, 'source=github', 1000);
  const wanted = /^(pull_request|pull_request_review|repository)(\.|$)/;
  expect(messages.filter(({ status }) => status === 'failed')).toEqual([]);
  for (const { event_type: type, status } of messages) {
    expect({ type, status }).toEqual({ type, status: wanted.test(type ?? '') ? 'succeeded' : 'none' });
  }
});

const deliver = async ({ name, payload, id }: GithubDelivery, source = 'github') =>
  accepted(holdfast, source, await signedByGitHub(payload, SECRET, { name, deliveryId: id }));

/** GitHub's example of a step in a repository and a pull request of our own. */
function step(
  action: string,
  { second, repository, number, ...change }: { second: number; repository: string; number: number; draft?: boolean }
) {
  const made = githubDelivery(action, second, { number, ...change });
  const [owner, name] = repository.split('/');
  const id = Buffer.from(repository).reduce((sum, byte) => sum * 7 + byte, 1) % 1_000_000_007;
  Object.assign(made.payload.repository, { id, name, full_name: repository, owner: { login: owner, id: 1 } });
  Object.assign(made.payload, { number });
  return made;
}

interface Line {
  repository: string;
  number: number;
  awaiting_review: boolean;
  awaiting_count: number;
  state: string;
}

/** The board as a live screen gets it, once it says so. */
async function boardWhen(repository: string, holds: (lines: Line[]) => boolean): Promise<Line[]> {
  const headers = { authorization: `Bearer ${holdfast.apiKey}` };
  const reader = await read(holdfast.url, 'topics=pull-requests&since=2020-01-01T00:00:00Z', { headers });
  const newest = () => {
    const lines = new Map<number, Line>();
    for (const { data } of reader.of('pull-requests')) {
      const line = data as unknown as Line;
      if (line.repository === repository) lines.set(line.number, line);
    }
    return [...lines.values()];
  };
  await until(() => holds(newest()), { failure: () => `The board shows ${JSON.stringify(newest())}` });
  reader.close();
  return newest();
}

test('the board counts what awaits review, whatever order GitHub’s events come in', async () => {
  const repository = 'octocat/board';
  const story = [
    step('opened', { repository, number: 1, second: 1 }),
    step('opened', { repository, number: 2, second: 2 }),
    step('opened', { repository, number: 3, second: 3 }),
    step('approved', { repository, number: 1, second: 4 }),
    step('opened', { repository, number: 4, second: 5 }),
    step('converted_to_draft', { repository, number: 4, second: 6, draft: true }),
    step('ready_for_review', { repository, number: 4, second: 7 })
  ];
  for (const event of story.toReversed()) await deliver(event);
  const settled = (lines: Line[]) => lines.length === 4 && lines.every((line) => line.awaiting_count === 3);
  await settledMessages(holdfast, 'github');
  const lines = await boardWhen(repository, settled);
  expect(
    lines
      .filter((line) => line.awaiting_review)
      .map((line) => line.number)
      .toSorted()
  ).toEqual([2, 3, 4]);
});

test('payloads that GitHub sends as forms reach the board too, byte for byte', async () => {
  const repository = 'octocat/forms';
  const { name, payload, id } = step('opened', { repository, number: 9, second: 1 });
  const body = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
  const signed = await signedByGitHub(body, SECRET, { name, deliveryId: id });
  const headers = { ...signed.headers, 'content-type': 'application/x-www-form-urlencoded' };
  const message = await accepted(holdfast, 'github-forms', { body, headers });
  await deliveryWhen(holdfast, message, ({ status }) => status === 'succeeded');
  expect(await messageOf(holdfast, message)).toMatchObject({
    event_type: 'pull_request.opened',
    event_id: id,
    payload: null
  });
  const lines = await boardWhen(repository, (found) => found.length === 1);
  expect(lines).toMatchObject([{ number: 9, awaiting_review: true, awaiting_count: 1 }]);
  const { text } = await send(holdfast, `/api/v1/messages/${message}/body`, {
    headers: { authorization: `Bearer ${holdfast.apiKey}` }
  });
  expect(text).toBe(body);
});

test('a payload that was changed on its way, or signed with another secret, is invalid', async () => {
  const { name, payload, id } = step('opened', { repository: 'octocat/forged', number: 1, second: 1 });
  const signed = await signedByGitHub(payload, SECRET, { name, deliveryId: id });
  const changed = { ...signed, body: signed.body.replace('"number":1', '"number":2') };
  const stranger = await signedByGitHub(payload, 'another secret', { name, deliveryId: id });
  for (const { body, headers } of [changed, stranger]) {
    expect(await send(holdfast, '/in/github', { method: 'POST', body, headers })).toMatchObject({ status: 401 });
  }
  const real = await deliver({ name, payload, id });
  await deliveryWhen(holdfast, real, ({ status }) => status === 'succeeded');
  expect((await messageOf(holdfast, real)).duplicate_of).toBeNull();
});
