// The table of docs/providers.md is made from the rows: a row that is missing there fails here.
// `npx vitest run -u tests/unit/verify-docs.test.ts` writes it anew.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { providers } from '#lib/server/verify/providers.ts';

const path = resolve(import.meta.dirname, '../../docs/providers.md');
const BEGIN = '<!-- table: made from the rows by tests/unit/verify-docs.test.ts -->\n';
const END = '<!-- /table -->';

const header = ['provider', 'name', 'family', 'trust', 'secret', 'where the URL goes', 'covers'];
const rows = providers.map(({ slug, name, family, confidence, secretLabel, settingsPath, covers }) =>
  [`\`${slug}\``, name, family, confidence, secretLabel, settingsPath, covers].map((text) =>
    text.replaceAll('|', '\\|')
  )
);
const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
const line = (cells: readonly string[], filler = ' '): string =>
  `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0, filler)).join(' | ')} |`;
const dashes = header.map(() => '-');
const table = [line(header), line(dashes, '-'), ...rows.map((row) => line(row))].join('\n');

test('docs/providers.md lists every row as it is', async () => {
  const text = readFileSync(path, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  expect(after, `${path} has lost its table's marks`).toBeDefined();
  await expect(`${before}${BEGIN}\n${table}\n\n${END}${after}`).toMatchFileSnapshot(path);
});

test('slugs are unique and fit a URL and a column', () => {
  const slugs = providers.map(({ slug }) => slug);
  expect(new Set(slugs).size).toBe(slugs.length);
  for (const slug of slugs) expect(slug).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
});

test('every row says in words what a person needs to set it up', () => {
  for (const { slug, covers, settingsPath, secretLabel } of providers) {
    for (const words of [settingsPath, secretLabel]) expect(words.length, slug).toBeGreaterThan(3);
    expect(covers, slug).toMatch(/^[A-Z].+\.$/);
  }
});
