// Where alerts go: an HTTP destination, chosen under Settings.

import type { Database } from '#lib/server/database/connect.ts';

const NAME = 'alerts';

/** As API and page show it. Times ISO 8601 in UTC. */
export interface AlertSettings {
  destination: { id: number; name: string } | null;
  /** Of the newest alert that was taken; null: none yet. */
  last_sent_at: string | null;
  /** Alerts whose last try failed, and why the newest of them did. */
  failing: { count: number; error: string } | null;
}

/** null: none is chosen, or it was deleted. */
export async function readAlertDestination({ web: sql }: Database): Promise<AlertSettings['destination']> {
  const [found] = await sql<{ id: number; name: string }[]>`
    select d.id, d.name from settings s join destinations d on d.id = (s.value ->> 'destination')::int and d.kind = 'http'
     where s.name = ${NAME}`;
  return found ?? null;
}

export async function readAlertSettings(database: Database): Promise<AlertSettings> {
  const sql = database.web;
  const [sent] = await sql<{ at: Date | null; failing: number; error: string | null }[]>`
    select max(alerted_at) as at, (count(*) filter (where alert_error is not null and alert_due_at is not null))::int as failing,
           (array_agg(alert_error order by id desc)
              filter (where alert_error is not null and alert_due_at is not null))[1] as error
      from problems`;
  return {
    destination: await readAlertDestination(database),
    last_sent_at: sent?.at?.toISOString() ?? null,
    failing: sent?.error == null ? null : { count: sent.failing, error: sent.error }
  };
}

/** Chooses it; null: no alerts. @returns false when there is no such HTTP destination */
export async function writeAlertDestination({ web: sql }: Database, destination: number | null): Promise<boolean> {
  const known =
    destination === null ? [{}] : await sql`select from destinations where id = ${destination} and kind = 'http'`;
  if (known.length === 0) return false;
  await sql`
    insert into settings (name, value) values (${NAME}, ${JSON.stringify({ destination })}::text::jsonb)
    on conflict (name) do update set value = excluded.value, updated_at = now()`;
  return true;
}
