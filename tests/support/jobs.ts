// Jobs in tests: made by the API, their deliveries settled by hand.

import { expect } from 'vitest';
import type { JobItem, JobRecord } from '#lib/inbox/jobs.ts';
import { startEngine, type Engine, type EngineParts } from '#lib/server/bulk/engine.ts';
import type { Sql } from '#lib/server/database/connect.ts';
import { field, idOf, type apiParts } from './api-parts.ts';
import type { Caller } from './api-client.ts';
import { until } from './until.ts';

/** Nodes that run jobs on these parts, which hear at once of what is made by the API. */
export function jobNodes(parts: Awaited<ReturnType<typeof apiParts>>) {
  const engines: Engine[] = [];
  parts.bulk.nudge = () => engines.forEach((engine) => engine.nudge());
  return {
    /** Starts one; its parts may be replaced. */
    node(given: Partial<EngineParts> = {}): Engine {
      const engine = startEngine({ ...parts, teller: { requeued: () => {} }, runs: true, ...given });
      engines.push(engine);
      return engine;
    },
    async stopNodes(): Promise<void> {
      await Promise.all(engines.splice(0).map((engine) => engine.stop()));
    }
  };
}

/** Makes a job. */
export async function makeJob(api: Caller, body: object): Promise<number> {
  const answer = await api('POST', '/jobs', body);
  expect(answer.status, answer.text).toBe(202);
  return idOf(answer);
}

export const jobOf = async (api: Caller, id: number): Promise<JobRecord> =>
  (await api('GET', `/jobs/${id}`)).json as JobRecord;

/** Every item, page by page. */
export async function itemsOf(api: Caller, id: number, query = ''): Promise<JobItem[]> {
  const found: JobItem[] = [];
  for (let cursor: unknown = ''; typeof cursor === 'string';) {
    const page = await api('GET', `/jobs/${id}/items?${query}&limit=100&cursor=${cursor}`);
    expect(page.status, page.text).toBe(200);
    found.push(...(field(page, 'data') as JobItem[]));
    cursor = field(page, 'next_cursor');
  }
  return found;
}

/** The job, once the condition holds for it. */
export async function jobWhen(api: Caller, id: number, condition: (job: JobRecord) => boolean): Promise<JobRecord> {
  let last: JobRecord | null = null;
  await until(
    async () => {
      last = await jobOf(api, id);
      return condition(last);
    },
    { patienceMs: 20_000, failure: () => `The job is ${JSON.stringify(last)}` }
  );
  return last!;
}

/** Ends all deliveries that are queued, as a worker would. @returns their messages */
export async function settleQueued(
  sql: Sql,
  { status, outcome, except = [] }: { status: 'succeeded' | 'failed'; outcome: string; except?: string[] }
): Promise<string[]> {
  const rows = await sql<{ message_id: string }[]>`
    with done as (
      delete from delivery_queue where message_id <> all(${except}::uuid[]) returning *
    ), tried as (
      insert into attempts (delivery_id, number, started_at, duration_ms, outcome, error)
      select id, attempt_count + 1, now(), 1, ${outcome}, ${status === 'failed' ? 'It broke.' : null} from done
    )
    insert into delivery_results (id, message_id, source_id, destination_id, status, attempt_count, version, last_error)
    select id, message_id, source_id, destination_id, ${status}::text::delivery_status, attempt_count + 1, version + 1,
           ${status === 'failed' ? 'It broke.' : null}
      from done returning message_id`;
  return rows.map((row) => row.message_id);
}
