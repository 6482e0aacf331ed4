// faults.md 12, as long as it takes: bodies that never end are given up, and unsigned ones stay within their budget.

import { afterAll, expect, test } from 'vitest';
import { startHoldfast } from '../support/holdfast.ts';
import { make, messageOf, post } from '../support/outside.ts';
import { openRaw } from '../support/raw-request.ts';

const MIB = 1024 * 1024;
const BUDGET_BYTES = 256 * MIB;

const holdfast = await startHoldfast();
afterAll(() => holdfast.stop());

test('a body that comes byte by byte is given up with 408 after a minute; others are served meanwhile', async () => {
  await make(holdfast, '/sources', { slug: 'slow', provider: 'none' });
  const raw = await openRaw(holdfast.url);
  raw.send('POST /in/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n');
  const statuses = new Set<number>();
  const dripping = setInterval(() => raw.send('x'), 500);
  const serving = setInterval(() => {
    post(holdfast, 'slow', { body: '{}' }).then(
      ({ status }) => statuses.add(status),
      () => statuses.add(0)
    );
  }, 1000);
  const answer = await raw.answer(90_000).finally(() => [dripping, serving].forEach(clearInterval));
  expect(answer.status).toBe(408);
  expect([...statuses]).toEqual([200]);
});

test('unsigned bodies of 25 MiB: logged all, kept up to 256 MiB a day', async () => {
  await make(holdfast, '/sources', { slug: 'signed', provider: 'stripe', secrets: ['whsec_x'] });
  const body = Buffer.alloc(25 * MIB, 0x66);
  const kept: boolean[] = [];
  for (let i = 0; i < 40; i++) {
    const answer = await post(holdfast, 'signed', { body });
    expect(answer.status, answer.text).toBe(401);
    kept.push(!(await messageOf(holdfast, String(answer.body['id']))).body_dropped);
  }
  expect(kept.filter(Boolean)).toHaveLength(Math.floor(BUDGET_BYTES / body.length));
  const tables = await fetch(`${holdfast.url}/readyz`);
  expect(tables.status).toBe(200);
});
