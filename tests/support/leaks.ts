// Before each test file: whatever socket, server, timer or process it leaves open fails it.

import { afterAll } from 'vitest';
import { until } from './until.ts';

/** What is being closed takes a moment. */
const PATIENCE_MS = 3_000;
/** Work under way that ends by itself, some of it the runner's own. */
const PASSING = new Set(['Immediate', 'FSReqCallback', 'FSReqPromise', 'FileHandleCloseReq', 'CloseReq']);

// The runner's channel. Its timers are over by the time the hook has waited.
const before = count();
before.delete('Timeout');

// Hooks run last in, first out: this is the file's last.
afterAll(async () => {
  const failure = () => `Left open by this file: ${left().join(', ')}.`;
  await until(() => left().length === 0, { patienceMs: PATIENCE_MS, failure });
}, 2 * PATIENCE_MS);

/** How many of each kind are open. */
function count(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!PASSING.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** "3 TCPSocketWrap": what is open now and was not before. */
function left(): string[] {
  return [...count()]
    .map(([kind, number]) => ({ kind, number: number - (before.get(kind) ?? 0) }))
    .filter(({ number }) => number > 0)
    .map(({ kind, number }) => `${number} ${kind}`);
}
