// The board in the database: an event is read against what is there and written, one writer at a time.

import { lockBoard } from '#lib/server/accounts/lock-order.ts';
import type { Transaction } from '#lib/server/database/connect.ts';
import type { BoardEntry, PullRequestState, Sighting } from './pull-request.ts';
import { awaitsReview, withSighting } from './pull-request.ts';

export interface RecordResult {
  /** older: the board knows newer events; known: this very event is the newest it knows. */
  outcome: 'changed' | 'older' | 'known';
  repository: string;
  number: number;
  state: PullRequestState;
  awaitingReview: boolean;
}

interface EntryRow {
  title: string;
  url: string;
  author: string;
  state: PullRequestState;
  review_requested: boolean;
  seen_at: Date;
  seen_rank: number;
  seen_by: string;
  wants_review: boolean | null;
  decided_at: Date | null;
  decided_rank: number | null;
  decided_by: string | null;
}

interface RepositoryName {
  repository: string;
  since: Date;
}

/** Puts an event on the board. GitHub's rates are far below what one writer at a time allows. */
export async function recordSighting(sql: Transaction, sighting: Sighting, messageId: string): Promise<RecordResult> {
  await lockBoard(sql);
  const before = await readEntry(sql, sighting);
  const entry = withSighting(before, sighting);
  const told = { repository: sighting.repository, since: sighting.position.at };
  const name = await renameRepository(sql, sighting.repositoryKey, told);
  const shown = { repository: name.repository, number: sighting.number, state: entry.snapshot.state };
  const result = { ...shown, awaitingReview: awaitsReview(entry) };
  if (entry === before) return { ...result, outcome: entry.seen.id === sighting.position.id ? 'known' : 'older' };
  await writeEntry(sql, { sighting, entry, name, messageId });
  return { ...result, outcome: 'changed' };
}

/** For events about the repository itself. @returns the numbers of the pull requests whose name changed */
export async function recordRepositoryName(sql: Transaction, key: string, told: RepositoryName): Promise<number[]> {
  await lockBoard(sql);
  const { renamed } = await renameRepository(sql, key, told);
  return renamed;
}

/**
 * The newest known name wins, on all lines of the repository.
 * @returns that name and since when it is known, for the line that is about to be written
 */
async function renameRepository(
  sql: Transaction,
  key: string,
  told: RepositoryName
): Promise<RepositoryName & { renamed: number[] }> {
  const [known] = await sql<RepositoryName[]>`
    select repository, named_at as since from pull_requests
     where repository_key = ${key}
     order by named_at desc, repository desc limit 1`;
  if (!known) return { ...told, renamed: [] };
  if (!isNewerName(told, known)) return { ...known, renamed: [] };
  const renamed = await sql<{ number: number }[]>`
    update pull_requests
       set repository = ${told.repository}, named_at = ${told.since}, version = version + 1, updated_at = clock_timestamp()
     where repository_key = ${key} and repository <> ${told.repository}
    returning number`;
  return { ...told, renamed: renamed.map((row) => row.number) };
}

function isNewerName(told: RepositoryName, known: RepositoryName): boolean {
  const time = told.since.getTime() - known.since.getTime();
  return time === 0 ? told.repository > known.repository : time > 0;
}

async function readEntry(sql: Transaction, { repositoryKey, number }: Sighting): Promise<BoardEntry | null> {
  const [row] = await sql<EntryRow[]>`
    select title, url, author, state, review_requested, seen_at, seen_rank, seen_by,
           wants_review, decided_at, decided_rank, decided_by
      from pull_requests where repository_key = ${repositoryKey} and number = ${number}`;
  return row ? toEntry(row) : null;
}

function toEntry(row: EntryRow): BoardEntry {
  const { title, url, author, state, review_requested: reviewRequested } = row;
  return {
    snapshot: { title, url, author, state, reviewRequested },
    seen: { at: row.seen_at, rank: row.seen_rank, id: row.seen_by },
    decision: toDecision(row)
  };
}

/** The table's check constraint: all four or none. */
function toDecision(row: EntryRow): BoardEntry['decision'] {
  if (row.wants_review === null || row.decided_at === null) return null;
  const position = { at: row.decided_at, rank: row.decided_rank ?? 0, id: row.decided_by ?? '' };
  return { wantsReview: row.wants_review, position };
}

interface EntryWrite {
  sighting: Sighting;
  entry: BoardEntry;
  name: RepositoryName;
  messageId: string;
}

async function writeEntry(sql: Transaction, { sighting, entry, name, messageId }: EntryWrite): Promise<void> {
  const { snapshot, seen, decision } = entry;
  const row = {
    repository_key: sighting.repositoryKey,
    number: sighting.number,
    repository: name.repository,
    named_at: name.since,
    title: snapshot.title,
    url: snapshot.url,
    author: snapshot.author,
    state: snapshot.state,
    review_requested: snapshot.reviewRequested,
    seen_at: seen.at,
    seen_rank: seen.rank,
    seen_by: seen.id,
    wants_review: decision?.wantsReview ?? null,
    decided_at: decision?.position.at ?? null,
    decided_rank: decision?.position.rank ?? null,
    decided_by: decision?.position.id ?? null,
    awaiting_review: awaitsReview(entry),
    message_id: messageId
  };
  await sql`
    insert into pull_requests ${sql(row)}
    on conflict (repository_key, number) do update
      set ${sql(row)}, version = pull_requests.version + 1, updated_at = clock_timestamp()`;
}
