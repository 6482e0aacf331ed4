// Every order of the same GitHub events makes the same board.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import githubPullRequests from '#lib/server/deliver/handlers/github-pull-requests.ts';
import { listPullRequests } from '#lib/server/pull-requests/list.ts';
import { applyHandler } from '../support/apply-handler.ts';
import { testDatabase } from '../support/database.ts';
import type { GithubDelivery } from '../support/github-deliveries.ts';
import { githubDelivery } from '../support/github-deliveries.ts';

const database = await testDatabase();
const REPOSITORY = 'Codertocat/Hello-World';

async function applyAll(...deliveries: GithubDelivery[]): Promise<void> {
  for (const { name, payload, id } of deliveries) {
    await applyHandler(database, githubPullRequests, { payload, type: `${name}.${payload.action}`, eventId: id });
  }
}

/** By number, without what counts the writes. */
async function board() {
  const rows = await listPullRequests(database);
  return rows.map(({ version: _, updated_at: __, ...row }) => row).toSorted((one, other) => one.number - other.number);
}

const steps = [
  ...['opened', 'reopened', 'ready_for_review', 'converted_to_draft', 'closed', 'synchronize', 'unlabeled', 'labeled'],
  ...['review_requested', 'review_request_removed', 'approved', 'changes_requested', 'commented', 'dismissed']
];
const told = fc.record({
  step: fc.constantFrom(...steps),
  second: fc.integer({ min: 0, max: 6 }),
  change: fc.record({
    number: fc.integer({ min: 1, max: 2 }),
    title: fc.constantFrom('One', 'Two', 'Three'),
    state: fc.constantFrom('open', 'open', 'closed'),
    draft: fc.boolean(),
    requested_reviewers: fc.constantFrom([], [{ login: 'octocat' }])
  }),
  name: fc.constantFrom(REPOSITORY, REPOSITORY, 'Codertocat/Renamed')
});

test('every order of the same events, with repeats, makes the same board', async () => {
  const history = fc
    .array(told, { minLength: 2, maxLength: 7 })
    .map((events) =>
      events.map(({ step, second, change, name }) => {
        const one = githubDelivery(step, second, change);
        one.payload.repository['full_name'] = name;
        return one;
      })
    )
    .chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }))
    );
  await fc.assert(
    fc.asyncProperty(history, async ([inOrder, shuffled]) => {
      await database.web`truncate pull_requests`;
      await applyAll(...inOrder);
      const expected = await board();
      await database.web`truncate pull_requests`;
      await applyAll(...shuffled);
      expect(await board()).toEqual(expected);
    }),
    { numRuns: 60 }
  );
}, 60_000);
