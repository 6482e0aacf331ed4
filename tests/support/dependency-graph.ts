// Draws the folder-level dependency graph into ARCHITECTURE.md. With --verify: fails if it is not up to date.

import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

interface Module {
  source: string;
  dependencies: { resolved: string; dependencyTypes: string[] }[];
}

const TARGET = 'ARCHITECTURE.md';
const BEGIN = '<!-- graph: written by `npm run graph` -->';
const END = '<!-- /graph -->';
const CRUISE = ['src', '--config', '.dependency-cruiser.js', '--output-type', 'json'];
const MAX_REPORT_BYTES = 64 * 1024 * 1024;

/** Which node of the graph a file is in: its folder, or what it composes. */
const NODES: [path: RegExp, node: string][] = [
  [/^src\/(server|hooks\.server)\.ts$/, 'process'],
  [/^src\/routes\//, 'routes'],
  [/^src\/lib\/(inbox|ui)\//, '$1'],
  [/^src\/lib\/server\/config\.ts$/, 'config'],
  [/^src\/lib\/server\/([^/]+)\//, '$1'],
  // app.ts, and the files beside it that wire a part of it.
  [/^src\/lib\/server\/[^/]+$/, 'app']
];

function nodeOf(path: string): string | null {
  const found = NODES.find(([pattern]) => pattern.test(path));
  if (!found) return null;
  const [pattern, node] = found;
  return node.replace('$1', pattern.exec(path)?.[1] ?? '');
}

/** Lines of the graph, sorted; a dotted arrow where only types are imported. */
function edges(modules: Module[]): string[] {
  const typesOnly = new Map<string, boolean>();
  for (const { source, dependencies } of modules) {
    for (const { resolved, dependencyTypes } of dependencies) {
      const [from, to] = [nodeOf(source), nodeOf(resolved)];
      if (from === null || to === null || from === to) continue;
      const edge = `${from} ${to}`;
      typesOnly.set(edge, (typesOnly.get(edge) ?? true) && dependencyTypes.includes('type-only'));
    }
  }
  return [...typesOnly].map(([edge, dotted]) => edge.replace(' ', dotted ? ' -.-> ' : ' --> ')).sort();
}

async function withGraph(page: string): Promise<string> {
  // It exits with the number of violations: those are for `npm run check:layout` to report.
  const { stdout } = spawnSync('node_modules/.bin/depcruise', CRUISE, {
    encoding: 'utf8',
    maxBuffer: MAX_REPORT_BYTES,
    stdio: ['ignore', 'pipe', 'inherit']
  });
  const { modules } = JSON.parse(stdout) as { modules: Module[] };
  const graph = ['```mermaid', 'flowchart LR', ...edges(modules).map((edge) => `  ${edge}`), '```'].join('\n');
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before === -1 || after < before) throw new Error(`${TARGET} has no place for the graph: "${BEGIN}" … "${END}".`);
  const text = `${page.slice(0, before)}${BEGIN}\n\n${graph}\n\n${page.slice(after)}`;
  return format(text, { ...(await resolveConfig(TARGET)), filepath: TARGET });
}

const page = await readFile(TARGET, 'utf8');
const drawn = await withGraph(page);
if (!process.argv.includes('--verify')) {
  await writeFile(TARGET, drawn);
} else if (drawn !== page) {
  console.error(`The graph in ${TARGET} is not the tree's: run "npm run graph" and commit it.`);
  process.exitCode = 1;
}
