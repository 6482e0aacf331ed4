// A problem as API, pages and alerts show it, and how it is read.

import type { Database, Sql } from '#lib/server/database/connect.ts';
import { nextStep, summaryOf, type ProblemKind } from './words.ts';

export interface ProblemRecord {
  id: number;
  kind: ProblemKind;
  status: 'open' | 'resolved';
  /** Its name is that of now, or of when it was deleted. A destination has no slug. */
  subject: { type: 'destination' | 'source'; id: number; name: string; slug: string | null };
  /** Failed tries of deliveries, or invalid messages. */
  count: number;
  /** Times ISO 8601 in UTC. */
  first_at: string;
  last_at: string;
  last_error: string | null;
  /** What is wrong, and what to do about it. */
  summary: string;
  next_step: string;
  /** The newest 20, newest first; some may be past their retention. */
  message_ids: string[];
  opened_at: string;
  resolved_at: string | null;
  /** `itself`, or who. */
  resolved_by: string | null;
  resolution: string | null;
  alert: { sent: number; last_at: string | null; next_at: string | null; error: string | null };
  /** Moves with every change. */
  version: number;
}

export interface ProblemRow {
  id: number;
  kind: ProblemKind;
  subject_id: number;
  name: string;
  slug: string | null;
  handler: string | null;
  count: number;
  first_at: Date;
  last_at: Date;
  last_error: string | null;
  message_ids: string[];
  gave_up: boolean;
  opened_at: Date;
  resolved_at: Date | null;
  resolved_by: string | null;
  resolution: string | null;
  alert_due_at: Date | null;
  alerted_at: Date | null;
  alert_count: number;
  alert_error: string | null;
  version: number;
}

/** What a row of `problems p` is read with. */
export const problemColumns = (sql: Sql) => sql`
  p.id, p.kind, p.subject_id, coalesce(d.name, o.name, p.subject_name) as name, o.slug, d.handler, p.count, p.first_at,
  p.last_at, p.last_error, p.message_ids, p.gave_up, p.opened_at, p.resolved_at, p.resolved_by, p.resolution,
  p.alert_due_at, p.alerted_at, p.alert_count, p.alert_error, p.version`;
export const problemSubjects = (sql: Sql) => sql`
  left join destinations d on p.kind <> 'source_invalid' and d.id = p.subject_id
  left join sources o on p.kind = 'source_invalid' and o.id = p.subject_id`;

export type ProblemStatus = 'open' | 'resolved' | 'all';

/** Problems, newest first. @param before an id: only older ones */
export async function listProblems(
  { web: sql }: Database,
  { status, before, limit }: { status: ProblemStatus; before?: number | undefined; limit: number }
): Promise<ProblemRecord[]> {
  const isWanted = { open: sql`p.resolved_at is null`, resolved: sql`p.resolved_at is not null`, all: sql`true` }[
    status
  ];
  const rows = await sql<ProblemRow[]>`
    select ${problemColumns(sql)} from problems p ${problemSubjects(sql)}
     where p.opened_at is not null and ${isWanted} and (${before ?? null}::bigint is null or p.id < ${before ?? null}::bigint)
     order by p.id desc limit ${limit}`;
  return rows.map(problemRecord);
}

export async function findProblem({ web: sql }: Database, id: number): Promise<ProblemRecord | null> {
  const [row] = await sql<ProblemRow[]>`
    select ${problemColumns(sql)} from problems p ${problemSubjects(sql)} where p.id = ${id} and p.opened_at is not null`;
  return row ? problemRecord(row) : null;
}

export async function countOpenProblems({ web: sql }: Database): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*) as count from problems where opened_at is not null and resolved_at is null`;
  return row?.count ?? 0;
}

/** Ids of destinations or sources that have an open problem. */
export async function troubled({ web: sql }: Database, type: 'destination' | 'source'): Promise<Set<number>> {
  const rows = await sql<{ id: number }[]>`
    select distinct subject_id as id from problems
     where opened_at is not null and resolved_at is null and (kind = 'source_invalid') = ${type === 'source'}`;
  return new Set(rows.map(({ id }) => id));
}

/**
 * Resolves an open problem by hand. What fails from now on is a new one.
 * @param now milliseconds of the database's clock
 * @returns false when it was resolved before; the caller writes the audit line
 */
export async function resolveProblem(
  { web: sql }: Database,
  id: number,
  { by, now }: { by: string; now: number }
): Promise<boolean> {
  const at = new Date(now);
  const resolved = await sql`
    update problems
       set resolved_at = ${at}, resolved_by = ${by}, resolution = 'Resolved by hand.', version = version + 1,
           alert_due_at = case when alert_count > 0 then ${at}::timestamptz end
     where id = ${id} and opened_at is not null and resolved_at is null`;
  return resolved.count > 0;
}

export function problemRecord(row: ProblemRow): ProblemRecord {
  const type = row.kind === 'source_invalid' ? 'source' : 'destination';
  return {
    ...{ id: row.id, kind: row.kind, status: row.resolved_at === null ? 'open' : 'resolved' },
    subject: { type, id: row.subject_id, name: row.name, slug: row.slug },
    ...{ count: row.count, first_at: row.first_at.toISOString(), last_at: row.last_at.toISOString() },
    ...{ last_error: row.last_error, summary: summaryOf(row), next_step: nextStep(row) },
    ...{ message_ids: row.message_ids, opened_at: row.opened_at.toISOString() },
    ...{
      resolved_at: row.resolved_at?.toISOString() ?? null,
      resolved_by: row.resolved_by,
      resolution: row.resolution
    },
    alert: {
      ...{ sent: row.alert_count, last_at: row.alerted_at?.toISOString() ?? null },
      ...{ next_at: row.alert_due_at?.toISOString() ?? null, error: row.alert_error }
    },
    version: row.version
  };
}
