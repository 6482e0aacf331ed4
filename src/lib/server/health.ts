// /healthz, /readyz and /metrics, beside the door and not by SvelteKit: they must answer when pages can't.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Database } from '#lib/server/database/connect.ts';
import { withDeadline } from '#lib/server/database/deadline.ts';
import { isHeadOfOrder } from '#lib/server/deliver/order.ts';
import { pruneAge } from '#lib/server/jobs/prune.ts';

const DEADLINE_MS = 2000;
/** Hourly runs; a day without one is late. */
const PRUNE_LATE_MS = 25 * 3_600_000;
/** A delivery that is due this long, with none of its destination in anybody's hands, means that no worker runs. */
const QUEUE_LATE_SECONDS = 60;

export interface Check {
  name: 'database' | 'queue' | 'prune';
  ok: boolean;
  detail: string;
}

export interface HealthParts {
  database: Database;
  /** Milliseconds since 1970 when this process started: a fresh one has pruned nothing yet. */
  startedAt: number;
  metrics(): Promise<{ contentType: string; text: string }>;
}

/** Makes the three answers. */
export function createHealth(parts: HealthParts) {
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const path = (request.url ?? '').split('?')[0];
    if (path === '/healthz') return sendJson(response, 200, { status: 'ok' });
    if (path === '/metrics') {
      const { contentType, text } = await parts.metrics();
      response.writeHead(200, { 'content-type': contentType }).end(text);
      return;
    }
    const checks = await readiness(parts);
    const ready = checks.every((check) => check.ok);
    sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not_ready', checks });
  }
  return { handle, readiness: () => readiness(parts) };
}

export const isForHealth = (url: string): boolean => /^\/(healthz|readyz|metrics)(\?|$)/.test(url);

/** Each part by name, with what is wrong in words. */
async function readiness({ database, startedAt }: HealthParts): Promise<Check[]> {
  const reachable = await attempt('database', async () => {
    const asked = database.web<{ readOnly: boolean }[]>`
      select current_setting('transaction_read_only') = 'on' as "readOnly"`;
    const [row] = await withDeadline(asked, DEADLINE_MS, 'The check of the database');
    // A standby, or a primary whose disk is full: nothing can be taken in.
    return row?.readOnly ? { ok: false, detail: 'is read-only' } : { ok: true, detail: 'answers' };
  });
  if (!reachable.ok) {
    const unknown = { ok: false, detail: 'unknown while the database is away' };
    return [reachable, { name: 'queue', ...unknown }, { name: 'prune', ...unknown }];
  }
  const queue = await attempt('queue', () => checkQueue(database));
  const prune = await attempt('prune', () => checkPrune(database, startedAt));
  return [reachable, queue, prune];
}

async function attempt(name: Check['name'], check: () => Promise<Omit<Check, 'name'>>): Promise<Check> {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function checkQueue(database: Database): Promise<Omit<Check, 'name'>> {
  const oldest = database.web<{ seconds: number | null }[]>`
    select extract(epoch from now() - min(due.since))::float8 as seconds
      from waiting_destinations w
      left join destination_states s on s.destination_id = w.destination_id
     cross join lateral (
       select min(oldest.due_at) as since, bool_or(oldest.leased_until > now()) as taken
         from (select due_at, leased_until from delivery_queue q
                where q.destination_id = w.destination_id and q.status = 'pending' and q.due_at <= now()
                  and ${isHeadOfOrder(database.web)}
                order by q.due_at limit 100) oldest
     ) due
     where s.paused_at is null and s.held_at is null and not due.taken`;
  const [row] = await withDeadline(oldest, DEADLINE_MS, 'The check of the queue');
  const late = row?.seconds ?? 0;
  if (late <= QUEUE_LATE_SECONDS) return { ok: true, detail: 'nothing is overdue' };
  return {
    ok: false,
    detail: `a delivery has been due for ${late.toFixed(0)} s, the limit is ${QUEUE_LATE_SECONDS} s`
  };
}

async function checkPrune(database: Database, startedAt: number): Promise<Omit<Check, 'name'>> {
  const age = (await pruneAge(database.web)) ?? Date.now() - startedAt;
  const hours = (age / 3_600_000).toFixed(1);
  if (age <= PRUNE_LATE_MS) return { ok: true, detail: `last run ${hours} h ago` };
  return { ok: false, detail: `the last run that worked was ${hours} h ago, the limit is 25 h` };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
