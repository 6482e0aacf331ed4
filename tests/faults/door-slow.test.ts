// faults.md 12: senders that take their time. Others are served meanwhile, and the slow ones are given up.

import { afterAll, expect, test } from 'vitest';
import { startHoldfast } from '../support/holdfast.ts';
import { make, post, type DoorAnswer } from '../support/outside.ts';
import { openRaw } from '../support/raw-request.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const MAX_BODY_BYTES = 25 * MIB;

const holdfast = await startHoldfast();
afterAll(() => holdfast.stop());
await make(holdfast, '/sources', { slug: 'any', provider: 'none' });

const HEAD = 'POST /in/any HTTP/1.1\r\nHost: x\r\n';

test('large bodies that never end, slow heads and idle sockets: others are served meanwhile', async () => {
  const large = `${HEAD}Content-Length: ${MAX_BODY_BYTES}\r\n\r\n`;
  const slow = await Promise.all(
    Array.from({ length: 300 }, async (_, i) => {
      const raw = await openRaw(holdfast.url);
      if (i % 3 === 0) raw.send(`${large}{`);
      if (i % 3 === 1) raw.send('POST /in/any HTTP/1.1\r\nHost');
      return raw;
    })
  );
  const bodies = [Buffer.from('{}'), Buffer.alloc(200_000, 0x61), Buffer.alloc(10 * MIB, 0x62)];
  const answers: DoorAnswer[] = [];
  for (const body of bodies) answers.push(await post(holdfast, 'any', { body }));
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
  expect((await fetch(`${holdfast.url}/readyz`)).status).toBe(200);
  for (const raw of slow) raw.end();
  await until(() => slow.every((raw) => raw.isClosed()));
});

test('a slow head is given up with 408', async () => {
  const raw = await openRaw(holdfast.url);
  raw.send('POST /in/any HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  const answer = await raw.answer(25_000);
  expect(answer.status).toBe(408);
});

test('a flood of large bodies takes no more memory than its budget; small ones are served meanwhile', async () => {
  // What they have sent counts: of fourteen of 24 MiB each, some are told to come again.
  const part = Buffer.alloc(24 * MIB, 0x63);
  const large = await Promise.all(Array.from({ length: 14 }, () => openRaw(holdfast.url)));
  for (const raw of large) raw.send(`${HEAD}Content-Length: ${MAX_BODY_BYTES}\r\n\r\n`);
  await Promise.all(large.map((raw) => raw.sent(part)));
  await until(() => large.some((raw) => raw.text().startsWith('HTTP/1.1 503')));
  expect((await post(holdfast, 'any', { body: Buffer.alloc(60_000, 0x64) })).status).toBe(200);
  for (const raw of large) raw.end();
  await until(() => large.every((raw) => raw.isClosed()));
  expect((await post(holdfast, 'any', { body: Buffer.alloc(10 * MIB, 0x65) })).status).toBe(200);
});
