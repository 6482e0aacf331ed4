// What the first start makes, and what every start prints: the URL, how to sign in, a curl line that works.

import type { AddressInfo } from 'node:net';
import type { Auth } from '#lib/server/auth/auth.ts';
import type { Config } from '#lib/server/config.ts';
import type { Database } from '#lib/server/database/connect.ts';
import { makeSlug } from '#lib/server/routing/slug.ts';

export interface FirstStartParts {
  config: Config;
  database: Database;
  auth: Auth;
}

/** Makes the first owner and the first source where there are none yet. */
export async function prepareFirstStart({ config, database, auth }: FirstStartParts) {
  if (config.adminEmail !== null && config.adminPassword !== null) {
    await auth.setup.ensureOwner({ email: config.adminEmail, password: config.adminPassword });
  }
  const slug = await firstSource(database);
  const token = await auth.setup.token();

  function signIn(base: string): string {
    if (token !== null) return `Set up     ${base}/setup?token=${token}`;
    return config.adminEmail === null ? `Sign in    ${base}/login` : `Sign in    ${base}/login as ${config.adminEmail}`;
  }

  return {
    /** Prints to standard output. @param address what the server listens on */
    announce(address: AddressInfo | string | null): void {
      const port = typeof address === 'object' && address !== null ? address.port : config.port;
      const host = config.host.includes(':') ? `[${config.host}]` : config.host;
      const base = config.publicUrl?.origin ?? `http://${host}:${port}`;
      const lines = [`Holdfast   ${base}`, signIn(base)];
      if (slug !== null) {
        lines.push(`Try it     curl -H 'content-type: application/json' -d '{"hello":"world"}' ${base}/in/${slug}`);
      }
      process.stdout.write(`\n  ${lines.join('\n  ')}\n\n`);
    }
  };
}

/** A source without a signature to try things with, made once: who deletes it is rid of it. */
async function firstSource(database: Database): Promise<string | null> {
  const sql = database.web;
  return sql.begin(async (transaction) => {
    const made = await transaction`
      insert into settings (name, value) values ('first_source', 'true') on conflict do nothing returning 1`;
    if (made.length > 0) {
      await transaction`
        insert into sources (slug, name, provider, options)
        select ${makeSlug('hello')}, 'Hello', 'none', '{}' where not exists (select from sources)`;
    }
    const [source] = await transaction<{ slug: string }[]>`
      select slug from sources where provider = 'none' order by id limit 1`;
    return source?.slug ?? null;
  });
}
