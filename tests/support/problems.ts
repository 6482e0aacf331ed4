// Nodes that keep problems on one database, and what has problems.

import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import type { Database } from '#lib/server/database/connect.ts';
import { listProblems } from '#lib/server/problems/problem.ts';
import { startProblems } from '#lib/server/problems/watch.ts';

export type ProblemNode = ReturnType<typeof startProblems>;

/** What several tests do with problems, on the database. @param clock milliseconds */
export function problemsOn(database: Database, clock: () => number) {
  const sql = database.web;
  return {
    /** A node that keeps problems; stopped after the file's tests. */
    node(): ProblemNode {
      const problems = startProblems({
        ...{ database, clock, alerts: false, publicUrl: null, logger: pino({ level: 'silent' }) },
        post: async () => ({ error: null, retryAfterSeconds: null })
      });
      afterAll(() => problems.stop());
      return problems;
    },
    open: () => listProblems(database, { status: 'open', limit: 100 }),
    all: () => listProblems(database, { status: 'all', limit: 100 }),
    newDestination: () =>
      idOf(sql`insert into destinations (name, kind, url) values (${randomUUID()}, 'http', 'http://x') returning id`),
    newSource: () =>
      idOf(sql`insert into sources (slug, name, provider) values (${randomUUID()}, 'Shop', 'stripe') returning id`),
    async clear(): Promise<void> {
      for (const table of ['problems', 'messages', 'delivery_results']) await sql`delete from ${sql(table)}`;
    }
  };
}

async function idOf(insert: Promise<readonly { id: number }[]>): Promise<number> {
  return (await insert)[0]!.id;
}
