import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

interface Violation {
  from: string;
  rule: { name: string };
}

const CRUISER = resolve('node_modules/.bin/depcruise');
const CONFIGURATION = resolve('.dependency-cruiser.js');
const svelte = (code: string) => `<script lang="ts">\n${code}\n</script>\n`;

/** Rule, file, what is wrong in it. */
const PLANTS = [
  ['step-knows-no-other-step', 'src/lib/server/door/planted.ts', "import '#lib/server/deliver/handler.ts';"],
  ['step-knows-the-ground-only', 'src/lib/server/live/planted.ts', "import '#lib/server/accounts/planted.ts';"],
  ['step-takes-types-only', 'src/lib/server/log/planted.ts', "import { readConfig } from '#lib/server/config.ts';"],
  ['handler-changes-what-it-may', 'src/lib/server/deliver/handlers/planted.ts', "import '#lib/server/config.ts';"],
  ['verify-is-pure', 'src/lib/server/verify/planted.ts', "import '#lib/server/database/connect.ts';"],
  [
    'verify-is-pure',
    'src/lib/server/verify/planted-type.ts',
    "import type { Sql } from '#lib/server/database/connect.ts';"
  ],
  ['verify-is-pure', 'src/lib/server/verify/planted-reader.ts', "import { readFileSync } from 'node:fs';"],
  [
    'what-handlers-change-knows-no-step',
    'src/lib/server/accounts/planted.ts',
    "import '#lib/server/deliver/handler.ts';"
  ],
  ['app-is-the-root', 'src/lib/server/jobs/planted.ts', "import '#lib/server/app.ts';"],
  ['server-knows-no-page', 'src/lib/server/api/planted.ts', "import '../../../routes/planted/[id]/+page.ts';"],
  ['inbox-is-shared', 'src/lib/inbox/planted.ts', "import '#lib/server/config.ts';"],
  ['browser-has-no-node', 'src/lib/inbox/planted-reader.ts', "import 'node:fs';"],
  [
    'ui-is-dumb',
    'src/lib/ui/Planted.svelte',
    svelte("import { readConfig } from '#lib/server/config.ts';\nreadConfig();")
  ],
  [
    'page-shows-only',
    'src/routes/planted/+page.svelte',
    `${svelte("import { readConfig } from '#lib/server/config.ts';")}<p>{readConfig().port}</p>`
  ],
  [
    'route-knows-no-other-route',
    'src/routes/planted/[id]/+page.svelte',
    `${svelte("import Page from '../+page.svelte';")}<Page />`
  ],
  ['source-knows-no-test', 'src/planted.ts', "import '../tests/planted.ts';"],
  ['postgres-in-database-only', 'src/lib/server/jobs/planted-pool.ts', "import postgres from 'postgres';"],
  ['sveltekit-at-the-edge-only', 'src/lib/server/auth/planted.ts', "import { error } from '@sveltejs/kit';"],
  ['sveltekit-at-the-edge-only', 'src/lib/ui/planted.ts', "import { page } from '$app/state';"],
  ['server-runs-on-dependencies', 'src/lib/server/jobs/planted-test.ts', "import fc from 'fast-check';"],
  ['starter-needs-nothing-installed', 'src/planted.mjs', "import 'valibot';"],
  ['no-cycle', 'src/lib/inbox/planted-egg.ts', "import './planted-hen.ts';"],
  ['no-unresolvable', 'src/routes/planted/alias.ts', "import '$lib/inbox/types.ts';"],
  ['no-unresolvable', 'src/lib/inbox/planted-path.ts', "import '#lib/inbox/nowhere.ts';"],
  ['no-orphan', 'src/lib/server/jobs/forgotten.ts', 'export const forgotten = true;'],
  ['no-drawer', 'src/lib/inbox/planted-drawer.ts', "import './planted-utils.ts';"],
  ['route-knows-no-other-route', 'src/routes/planted/[id]/+page.ts', "import '../alias.ts';"]
] as const;

/** What the plants import and the tree may not have. */
const TARGETS = [
  ['src/lib/inbox/planted-utils.ts', 'export {};'],
  ['src/lib/inbox/planted-hen.ts', "import type {} from './planted-egg.ts';"],
  ['src/lib/server/app.ts', 'export {};'],
  ['tests/planted.ts', 'export {};']
] as const;

let copy: string;
let planted: Violation[];

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'holdfast-architecture-'));
  await cp('src', join(copy, 'src'), { recursive: true });
  await cp('package.json', join(copy, 'package.json'));
  await symlink(resolve('node_modules'), join(copy, 'node_modules'));
  for (const [path, code] of TARGETS) await plant(path, code);
  for (const [, path, code] of PLANTS) await plant(path, code);
  planted = await violations(copy);
}, 120_000);

afterAll(() => rm(copy, { recursive: true }));

test('the tree keeps its rules', { timeout: 120_000 }, async () => {
  expect(await violations(process.cwd())).toEqual([]);
});

test.each(PLANTS)('%s is reported for %s', (rule, path) => {
  expect(planted.filter((violation) => violation.from === path).map((violation) => violation.rule.name)).toContain(
    rule
  );
});

test('nothing but what was planted is reported', () => {
  const paths = new Set<string>(PLANTS.map(([, path]) => path));
  expect(planted.filter((violation) => !paths.has(violation.from))).toEqual([]);
});

async function plant(path: string, code: string): Promise<void> {
  await mkdir(dirname(join(copy, path)), { recursive: true });
  await writeFile(join(copy, path), `${code}\n`);
}

/** The cruiser as `npm run check` runs it. Its exit code is the number of errors, so only its report counts here. */
function violations(directory: string): Promise<Violation[]> {
  const options = ['src', '--config', CONFIGURATION, '--output-type', 'json'];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [CRUISER, ...options],
      { cwd: directory, maxBuffer: 64 * 1024 * 1024 },
      (_, stdout, stderr) => {
        if (stderr) return reject(new Error(stderr));
        const report = JSON.parse(stdout) as { summary: { violations: Violation[] } };
        resolve(report.summary.violations);
      }
    );
  });
}
