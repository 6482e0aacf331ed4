// GitHub's own example payloads on the board.

import { beforeEach, describe, expect, test } from 'vitest';
import githubPullRequests from '#lib/server/deliver/handlers/github-pull-requests.ts';
import {
  awaitingCounts,
  listPullRequests,
  pullRequestChange,
  pullRequestsByKey,
  pullRequestsSince
} from '#lib/server/pull-requests/list.ts';
import { applyHandler } from '../support/apply-handler.ts';
import { testDatabase } from '../support/database.ts';
import type { GithubDelivery } from '../support/github-deliveries.ts';
import { githubDelivery as delivery, githubExample as example, githubExamples } from '../support/github-deliveries.ts';

const database = await testDatabase();
const REPOSITORY = 'Codertocat/Hello-World';

beforeEach(async () => {
  await database.web`truncate pull_requests`;
});

function apply({ name, payload, id }: GithubDelivery) {
  return applyHandler(database, githubPullRequests, { payload, type: `${name}.${payload.action}`, eventId: id });
}

async function applyAll(...deliveries: GithubDelivery[]): Promise<void> {
  for (const one of deliveries) await apply(one);
}

/** The board without what counts the writes. */
async function board() {
  const rows = await listPullRequests(database);
  return rows.map(({ repository, number, title, url, author, state, awaiting_review: awaits }) => ({
    repository,
    number,
    title,
    url,
    author,
    state,
    awaits
  }));
}

describe('one pull request', () => {
  test('opened: in; the words, the frame, the count', async () => {
    const result = await apply(delivery('opened', 1));
    expect(result).toMatchObject({
      outcome: 'applied',
      summary: `${REPOSITORY}#2 is open and awaits review`,
      changed: [{ topic: 'pull-requests', key: { repository: REPOSITORY, number: 2 } }]
    });
    const change = await pullRequestChange(database, REPOSITORY, 2);
    expect(change).toMatchObject({
      repository: REPOSITORY,
      number: 2,
      title: 'Update the README with new information.',
      url: 'https://github.com/Codertocat/Hello-World/pull/2',
      author: 'Codertocat',
      state: 'open',
      awaiting_review: true,
      version: 1,
      awaiting_count: 1
    });
    expect(await awaitingCounts(database)).toEqual([{ repository: REPOSITORY, awaiting_count: 1 }]);
  });

  const draft = { draft: true };
  const asked = { requested_reviewers: [{ login: 'octocat' }] };
  const closed = { state: 'closed' };
  test.each<[string, boolean, [string, Record<string, unknown>?][]]>([
    ['opened as a draft', false, [['opened', draft]]],
    ['a draft made ready', true, [['opened', draft], ['ready_for_review']]],
    ['a draft seen ready, its event lost', true, [['opened', draft], ['unlabeled']]],
    ['converted to draft', false, [['opened'], ['converted_to_draft', draft]]],
    ['approved', false, [['opened'], ['approved']]],
    ['approved, then asked again', true, [['opened'], ['approved'], ['review_requested', asked]]],
    ['changes requested', false, [['opened'], ['changes_requested']]],
    ['changes requested, then a push', false, [['opened'], ['changes_requested'], ['synchronize']]],
    ['its approval dismissed', true, [['opened'], ['approved'], ['dismissed']]],
    ['commented', true, [['opened'], ['commented']]],
    ['the last request taken back', false, [['opened'], ['review_requested', asked], ['review_request_removed']]],
    ['one of two requests taken back', true, [['opened'], ['review_request_removed', asked]]],
    ['closed', false, [['opened'], ['closed', closed]]],
    [
      'closed, asked, not reopened',
      false,
      [['opened'], ['closed', closed], ['review_requested', { ...closed, ...asked }]]
    ],
    ['closed and reopened', true, [['opened'], ['approved'], ['closed', closed], ['reopened']]],
    ['first seen when labelled, somebody asked', true, [['labeled', asked]]],
    ['first seen when labelled, nobody asked', false, [['labeled']]]
  ])('%s: awaits review: %s', async (_, awaits, story) => {
    await applyAll(...story.map(([step, change], index) => delivery(step, index, change)));
    expect(await board()).toMatchObject([{ awaits }]);
    expect(await pullRequestChange(database, REPOSITORY, 2)).toMatchObject({ awaiting_count: awaits ? 1 : 0 });
  });

  test('merged is not merely closed', async () => {
    await apply(delivery('closed', 1, { state: 'closed', merged: true, merged_at: '2026-01-01T00:00:01Z' }));
    expect(await board()).toMatchObject([{ state: 'merged', awaits: false }]);
  });

  test('the same event again changes nothing, and an older one says so', async () => {
    const opened = delivery('opened', 5);
    await apply(opened);
    const again = await apply(opened);
    expect(again).toMatchObject({ outcome: 'already_applied', changed: [] });
    const older = await apply(delivery('unlabeled', 4));
    expect(older).toMatchObject({ outcome: 'ignored', changed: [] });
    expect(older.summary).toBe(`Older than what the board shows: ${REPOSITORY}#2 is open and awaits review`);
    expect(await pullRequestChange(database, REPOSITORY, 2)).toMatchObject({ version: 1 });
  });

  test('within one second the life of a pull request decides', async () => {
    const life = [
      'opened',
      'review_requested',
      'converted_to_draft',
      'ready_for_review',
      'approved',
      'closed',
      'reopened'
    ];
    const states: Record<string, Record<string, unknown>> = { converted_to_draft: draft, closed };
    const deliveries = life.map((step) => delivery(step, 1, states[step]));
    await applyAll(...deliveries.toReversed());
    expect(await board()).toMatchObject([{ state: 'open', awaits: true }]);
    await database.web`truncate pull_requests`;
    await applyAll(...deliveries.slice(0, -1).toReversed());
    expect(await board()).toMatchObject([{ state: 'closed', awaits: false }]);
  });
});

test('the newest decides when all events come at once', async () => {
  const numbers = [1, 2, 3, 4, 5];
  // The newest first: whoever read the board before it was written would put the older one back.
  const stories = numbers.map((number) => [
    delivery('closed', 60, { number, state: 'closed' }),
    ...Array.from({ length: 9 }, (_, second) =>
      delivery(second % 2 ? 'approved' : 'review_requested', second, { number })
    )
  ]);
  await Promise.all(stories.flat().map(apply));
  expect((await board()).map(({ number, state }) => ({ number, state }))).toEqual(
    expect.arrayContaining(numbers.map((number) => ({ number, state: 'closed' })))
  );
});

describe('repositories', () => {
  test('a renamed one keeps its pull requests, whatever is heard first', async () => {
    const second = delivery('opened', 2, { number: 3 });
    const renamed = example('repository', 'renamed');
    Object.assign(renamed.repository, second.payload.repository, {
      full_name: 'Codertocat/New',
      updated_at: '2026-01-01T00:00:09Z'
    });
    await applyAll(delivery('opened', 1), second);
    const result = await apply({ name: 'repository', payload: renamed, id: 'renamed' });
    expect(result).toMatchObject({ outcome: 'applied', summary: "2 pull request(s) are Codertocat/New's now" });
    // Sent before the renaming, delivered after it.
    await apply(delivery('opened', 8, { number: 4 }));
    expect(await awaitingCounts(database)).toEqual([{ repository: 'Codertocat/New', awaiting_count: 3 }]);
    expect(await pullRequestChange(database, 'Codertocat/New', 4)).toMatchObject({ awaiting_count: 3 });
    expect(await pullRequestChange(database, REPOSITORY, 4)).toBeNull();
  });

  test('repositories of two servers with one id and one name stay apart', async () => {
    const elsewhere = delivery('opened', 1);
    elsewhere.payload.repository['html_url'] = 'https://github.example.com/Codertocat/Hello-World';
    await applyAll(delivery('opened', 1), elsewhere);
    expect(await awaitingCounts(database)).toEqual([
      { repository: REPOSITORY, awaiting_count: 1 },
      { repository: `github.example.com/${REPOSITORY}`, awaiting_count: 1 }
    ]);
  });
});

test('live reads: by key, and what changed since', async () => {
  await applyAll(delivery('opened', 1), delivery('opened', 1, { number: 3 }));
  const keys = [
    [REPOSITORY, 2],
    [REPOSITORY, 3],
    [REPOSITORY, 9],
    ['nobody/nothing', 2]
  ] as const;
  const byKey = await pullRequestsByKey(database, keys);
  expect(byKey.map((change) => change.number).toSorted()).toEqual([2, 3]);
  expect(await pullRequestsByKey(database, [])).toEqual([]);
  const all = await pullRequestsSince(database, new Date(0), 10);
  expect(all.map((change) => change.awaiting_count)).toEqual([2, 2]);
  expect(await pullRequestsSince(database, new Date(0), 1)).toHaveLength(1);
  expect(await pullRequestsSince(database, new Date(Date.now() + 60_000), 10)).toEqual([]);
});

test("every example of GitHub's is taken, and leaves a board that can be read", async () => {
  const wanted = githubExamples.filter(({ name }) => /^(pull_request|pull_request_review|repository)$/.test(name));
  const examples = wanted.flatMap(({ name, examples: payloads }) => payloads.map((payload) => ({ name, payload })));
  expect(examples.length).toBeGreaterThan(35);
  for (const [index, { name, payload }] of examples.entries()) {
    const result = await apply({ name, payload, id: `example-${index}` });
    expect(result.summary).not.toBe('');
  }
  // Of the last second, 15:21:18, the examples show it converted to draft, made ready and closed.
  expect(await board()).toMatchObject([{ repository: REPOSITORY, number: 2, state: 'closed', awaits: false }]);
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['an empty object', {}],
  ['an action alone', { action: 'opened' }],
  ['a pull request without a title', { ...example('pull_request', 'opened'), pull_request: { number: 1 } }]
])('%s is refused for good', async (_, payload) => {
  const refused = applyHandler(database, githubPullRequests, { payload, type: 'pull_request.opened', eventId: 'x' });
  await expect(refused).rejects.toMatchObject({ name: 'HandlerError', permanent: true });
  expect(await board()).toEqual([]);
});
