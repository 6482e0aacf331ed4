// npm test: every kind of test, on a fresh clone too. The last line says how many passed and failed.
//   npm test                            unit, integration, faults, e2e
//   npm test -- unit                    one kind
//   npm test -- integration money -t x  the rest goes to the runner: files and options

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, install, nodePath } from '../src/install.mjs';
import { findBrowser } from './browser.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE = nodePath(ROOT);
const KINDS = ['unit', 'integration', 'faults', 'e2e', 'long'];
const DEFAULT_KINDS = KINDS.filter((kind) => kind !== 'long');

const totals = { passed: 0, failed: 0, skipped: 0 };

/** The kinds that are asked for, by name or by a path such as tests/e2e/live.spec.ts, and what goes on to the runners. */
function readArguments(words) {
  const rest = words.filter((word) => !KINDS.includes(word));
  const fromPaths = rest.map((word) => /^(?:\.\/)?tests\/(\w+)\//.exec(word)?.[1]);
  const asked = KINDS.filter((kind) => words.includes(kind) || fromPaths.includes(kind));
  return { kinds: asked.length > 0 ? asked : DEFAULT_KINDS, rest };
}

/** Runs one runner; its JSON report is counted by `count`. A runner that failed without a failed test is a failure. */
function runRunner(name, { parameters, environment, report, count }) {
  const env = { ...process.env, ...environment, HOLDFAST_TEST_REPORT: report };
  const { status, signal } = spawnSync(NODE, parameters, { cwd: ROOT, stdio: 'inherit', env });
  const counts = existsSync(report)
    ? count(JSON.parse(readFileSync(report, 'utf8')))
    : { passed: 0, failed: 0, skipped: 0 };
  if (status !== 0 && counts.failed === 0) {
    console.log(
      `${name} ended with ${signal ?? `exit code ${status}`} although no test failed: counted as one failure.`
    );
    counts.failed = 1;
  }
  for (const key of Object.keys(totals)) totals[key] += counts[key];
}

function runVitest(kinds, rest, directory) {
  const projects = kinds.flatMap((kind) => ['--project', kind]);
  runRunner('vitest', {
    parameters: ['node_modules/vitest/vitest.mjs', 'run', '--passWithNoTests', ...projects, ...rest],
    environment: {},
    report: join(directory, 'vitest.json'),
    count: (report) => ({
      passed: report.numPassedTests,
      failed: report.numFailedTests + report.testResults.filter(brokeBeforeItsTests).length,
      skipped: report.numPendingTests + report.numTodoTests
    })
  });
}

function brokeBeforeItsTests(file) {
  return file.status === 'failed' && !file.assertionResults.some((result) => result.status === 'failed');
}

function runPlaywright(rest, directory) {
  runRunner('playwright', {
    parameters: ['node_modules/playwright/cli.js', 'test', '--pass-with-no-tests', ...rest],
    environment: { HOLDFAST_BROWSER: findBrowser(NODE) },
    report: join(directory, 'playwright.json'),
    count: ({ stats, errors }) => ({
      passed: stats.expected,
      failed: stats.unexpected + stats.flaky + errors.length,
      skipped: stats.skipped
    })
  });
}

/** Runs a step; one that throws is a failure, and the others still run. */
function step(work) {
  try {
    work();
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    totals.failed += 1;
    return false;
  }
}

function main() {
  const { kinds, rest } = readArguments(process.argv.slice(2));
  const ofVitest = kinds.filter((kind) => kind !== 'e2e');
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-test-report-'));
  const ready = step(() => {
    install(ROOT);
    if (kinds.some((kind) => kind !== 'unit')) build(ROOT);
  });
  if (ready && ofVitest.length > 0) step(() => runVitest(ofVitest, rest, directory));
  if (ready && kinds.includes('e2e')) step(() => runPlaywright(rest, directory));
  rmSync(directory, { recursive: true });

  if (totals.passed + totals.failed === 0)
    console.log(`No test ran: no file matches "${process.argv.slice(2).join(' ')}".`);
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
  console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
}

process.chdir(ROOT);
main();
