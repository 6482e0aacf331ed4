// GitHub's pull requests on a board that says which of them await review, right whatever order the events come in.
//
// In: opened, reopened, ready for review, review requested, a review dismissed. Out: approved, changes requested, the last
// review request taken back, closed, merged, converted to draft. A comment, a push, a label change nothing: who was asked
// before still is.

import { recordRepositoryName, recordSighting } from '#lib/server/pull-requests/board.ts';
import type { RecordResult } from '#lib/server/pull-requests/board.ts';
import type { HandlerEvent, HandlerMessage, HandlerResult, HandlerTransaction } from '../handler.ts';
import { defineHandler } from '../handler.ts';
import { readRepository, readSighting } from './github-pull-requests/sighting.ts';

export default defineHandler({
  provider: 'github',
  events: [
    ...['pull_request', 'pull_request.*', 'pull_request_review', 'pull_request_review.*'],
    ...['repository', 'repository.*']
  ],

  async apply(transaction, message, event) {
    if (/^repository(\.|$)/.test(event.type)) return applyRepository(transaction, message, event);
    const result = await recordSighting(transaction.sql, readSighting(message, event), message.id);
    if (result.outcome !== 'changed') return unchanged(result);
    transaction.changed('pull-requests', { repository: result.repository, number: result.number });
    const summary = describe(result);
    const { repository, number, state, awaitingReview } = result;
    const effect = { kind: 'pull_request', summary, repository, number, state, awaiting_review: awaitingReview };
    return { outcome: 'applied', summary, effects: [effect] };
  }
});

async function applyRepository(
  transaction: HandlerTransaction,
  message: HandlerMessage,
  event: HandlerEvent
): Promise<HandlerResult> {
  const { action, repositoryKey, repository, since } = readRepository(message, event);
  if (action !== 'renamed' && action !== 'transferred') {
    return { outcome: 'ignored', summary: `${repository} was ${action}: the board has no line for that`, effects: [] };
  }
  const numbers = await recordRepositoryName(transaction.sql, repositoryKey, { repository, since });
  if (numbers.length === 0) {
    return { outcome: 'already_applied', summary: `No pull request of ${repository} has an older name`, effects: [] };
  }
  for (const number of numbers) transaction.changed('pull-requests', { repository, number });
  const summary = `${numbers.length} pull request(s) are ${repository}'s now`;
  return { outcome: 'applied', summary, effects: [{ kind: 'repository_renamed', summary, repository, numbers }] };
}

function unchanged(result: RecordResult): HandlerResult {
  return result.outcome === 'known'
    ? { outcome: 'already_applied', summary: `On the board already: ${describe(result)}`, effects: [] }
    : { outcome: 'ignored', summary: `Older than what the board shows: ${describe(result)}`, effects: [] };
}

/** "octocat/hello#2 is open and awaits review". */
function describe({ repository, number, state, awaitingReview }: RecordResult): string {
  const waits = state === 'open' && !awaitingReview ? ', not awaiting review' : '';
  return `${repository}#${number} is ${state}${awaitingReview ? ' and awaits review' : waits}`;
}
