// Sends what is due to the chosen destination. One node at a time claims each alert, before it is sent: an alert that is
// lost to a crash comes an hour later, and none comes twice.

import type { Database } from '#lib/server/database/connect.ts';
import { alertMessage } from './alert-message.ts';
import { readAlertDestination } from './alert-settings.ts';
import { problemColumns, problemRecord, problemSubjects, type ProblemRow } from './problem.ts';

const EVERY_SECONDS = 3600;
const RETRY_SECONDS = 15;
/** A destination that is chosen later is not told of what is long over. */
const RESOLVED_WITHIN_HOURS = 24;

/** How the destination took it. */
export interface Posted {
  /** null: it did. */
  error: string | null;
  retryAfterSeconds: number | null;
}

export interface AlertParts {
  database: Database;
  clock: () => number;
  publicUrl: URL | null;
  /** Sends to a destination, signed as its deliveries are. @param id of this alert, for its signature */
  post(destinationId: number, alert: { id: string; body: object }): Promise<Posted>;
}

/** Sends all that is due, one after the other. */
export async function sendDueAlerts(parts: AlertParts): Promise<void> {
  const destination = await readAlertDestination(parts.database);
  if (destination === null) return;
  for (;;) {
    const claimed = await claim(parts, destination.id);
    if (!claimed) return;
    const id = `problem-${claimed.id}-${claimed.alert_count + 1}`;
    const posted = await parts
      .post(destination.id, { id, body: alertMessage(problemRecord(claimed), parts.publicUrl) })
      .catch((error: unknown) => ({ error: String(error), retryAfterSeconds: null }));
    await settle(parts, claimed, posted);
  }
}

/** The destination that alerts go to is never told about itself. */
async function claim({ database, clock }: AlertParts, destinationId: number): Promise<ProblemRow | null> {
  const sql = database.web;
  const now = new Date(clock());
  const [row] = await sql<ProblemRow[]>`
    with due as (
      select id from problems
       where opened_at is not null and alert_due_at <= ${now}
         and (kind = 'source_invalid' or subject_id <> ${destinationId})
         and case when resolved_at is null
               -- Nothing new in the hour: nothing to say.
               then alert_count = 0 or kind = 'destination_held' or last_at > alerted_at
               else resolved_at > ${now}::timestamptz - ${RESOLVED_WITHIN_HOURS} * interval '1 hour' end
       order by alert_due_at, id limit 1 for update skip locked
    ), p as (
      update problems q
         set alert_due_at = case when resolved_at is null then ${now}::timestamptz + ${EVERY_SECONDS} * interval '1 second' end
        from due where q.id = due.id
      returning q.*
    )
    select ${problemColumns(sql)} from p ${problemSubjects(sql)}`;
  return row ?? null;
}

async function settle({ database, clock }: AlertParts, claimed: ProblemRow, posted: Posted): Promise<void> {
  const now = clock();
  const sql = database.web;
  if (posted.error === null) {
    // Resolved while it was sent: that is now to be told, too.
    await sql`
      update problems
         set alerted_at = ${new Date(now)}, alert_count = alert_count + 1, alert_error = null, version = version + 1,
             alert_due_at = case when resolved_at is not null and ${claimed.resolved_at === null}
                                 then ${new Date(now)}::timestamptz else alert_due_at end
       where id = ${claimed.id}`;
    return;
  }
  const again = new Date(now + Math.max(RETRY_SECONDS, posted.retryAfterSeconds ?? 0) * 1000);
  await sql`
    update problems
       set alert_error = ${posted.error.slice(0, 500)}, version = version + 1,
           -- What was resolved before anybody was told of it needs no telling.
           alert_due_at = case when resolved_at is null or alert_count > 0 then ${again}::timestamptz end
     where id = ${claimed.id}`;
}
