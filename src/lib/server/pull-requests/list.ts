// The board as screens and live frames read it.

import type { PullRequest, PullRequestChange } from '#lib/inbox/types.ts';
import type { Database } from '#lib/server/database/connect.ts';

const MAX_LISTED = 500;

type PullRequestRow = Omit<PullRequest, 'version' | 'updated_at'> & { version: string; updated_at: Date };
type ChangeRow = PullRequestRow & { awaiting_count: number };

export interface AwaitingCount {
  repository: string;
  awaiting_count: number;
}

/** The board: what awaits review first, then what changed last; the newest 500. */
export async function listPullRequests(database: Database): Promise<PullRequest[]> {
  const rows = await database.web<PullRequestRow[]>`
    select repository, number, title, url, author, state, awaiting_review, version, updated_at
      from pull_requests
     order by awaiting_review desc, updated_at desc, repository, number
     limit ${MAX_LISTED}`;
  return rows.map(toPullRequest);
}

/** How many pull requests await review, of every repository on the board, by name. */
export async function awaitingCounts(database: Database): Promise<AwaitingCount[]> {
  return database.web<AwaitingCount[]>`
    select repository, (count(*) filter (where awaiting_review))::integer as awaiting_count
      from pull_requests group by repository order by repository`;
}

/** The data of one live `pull-requests` frame; null: not on the board. */
export async function pullRequestChange(
  database: Database,
  repository: string,
  number: number
): Promise<PullRequestChange | null> {
  const [change] = await pullRequestsByKey(database, [[repository, number]]);
  return change ?? null;
}

/** Those of the pull requests that are on the board, each with its repository's count, all of one moment. */
export async function pullRequestsByKey(
  database: Database,
  keys: readonly (readonly [repository: string, number: number])[]
): Promise<PullRequestChange[]> {
  const repositories = keys.map(([repository]) => repository);
  const numbers = keys.map(([, number]) => number);
  const rows = await database.web<ChangeRow[]>`
    select ${changeColumns(database)}
      from pull_requests one
     where (one.repository, one.number) in (select * from unnest(${repositories}::text[], ${numbers}::integer[]))`;
  return rows.map(toChange);
}

/** Pull requests that changed at `since` or later, the oldest change first; at most `limit`. */
export async function pullRequestsSince(database: Database, since: Date, limit: number): Promise<PullRequestChange[]> {
  const rows = await database.web<ChangeRow[]>`
    select ${changeColumns(database)}
      from pull_requests one
     where one.updated_at >= ${since}
     order by one.updated_at
     limit ${limit}`;
  return rows.map(toChange);
}

function changeColumns({ web: sql }: Database) {
  return sql`
    one.repository, one.number, one.title, one.url, one.author, one.state, one.awaiting_review, one.version,
    one.updated_at,
    (select count(*) from pull_requests other
      where other.repository_key = one.repository_key and other.awaiting_review)::integer as awaiting_count`;
}

function toPullRequest(row: PullRequestRow): PullRequest {
  return { ...row, version: Number(row.version), updated_at: row.updated_at.toISOString() };
}

function toChange(row: ChangeRow): PullRequestChange {
  return { ...toPullRequest(row), awaiting_count: row.awaiting_count };
}
