// The official Standard Webhooks package verifies what is sent: the first try, a replay a day later, and with either secret
// of a rotation, for as long as both are good and no longer.

import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { createAddressCheck } from '#lib/server/deliver/http/addresses.ts';
import { createGuarded } from '#lib/server/deliver/http/guarded.ts';
import { readTarget } from '#lib/server/deliver/http/target.ts';
import { tryOnce } from '#lib/server/deliver/http/try.ts';
import type { StoredMessage } from '#lib/server/deliver/work.ts';
import { createVault } from '#lib/server/auth/vault.ts';
import { endPreviousSecret, rotateDestinationSecret } from '#lib/server/routing/destination-secrets.ts';
import { createDestination, updateDestination } from '#lib/server/routing/destinations.ts';
import { testDatabase } from '../support/database.ts';
import { startReceiver } from '../support/receiver.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const secretOf = (name: string) => `whsec_${Buffer.from(name.padEnd(32, '.')).toString('base64')}`;
const [FIRST, SECOND, THIRD, FOURTH] = ['first', 'second', 'third', 'fourth'].map(secretOf) as [
  string,
  string,
  string,
  string
];

const database = await testDatabase();
const vault = createVault('a key for tests, long enough');
const guarded = createGuarded(createAddressCheck(['127.0.0.1/32']));
afterAll(() => guarded.destroy());
afterEach(() => void vi.useRealTimers());
const receiver = await startReceiver((_, response) => response.end());
let counter = 0;

async function newDestination(): Promise<number> {
  counter += 1;
  const url = `${receiver.url}/${counter}`;
  const written = await createDestination({ database, vault }, { name: url, url, secret: FIRST });
  if (written.outcome !== 'saved') throw new Error(written.outcome);
  return written.destination.id;
}

const message: StoredMessage = {
  ...{ id: '019471a0-0000-7000-8000-000000000001', receivedAt: new Date(0), headers: [], payload: undefined },
  ...{ source: { id: 1, slug: 'shop', provider: 'none', options: {} }, method: 'POST', path: '/in/shop', query: '' },
  ...{ body: Buffer.from('{"exact":  "bytes"}'), contentType: 'application/json' },
  ...{ event: { id: null, type: null }, verification: 'valid', origin: 'received' }
};

/** Sends the message with the clock at this time. @returns what the receiver got */
async function sendAt(time: number, id: number) {
  const parts = {
    ...{ database, guarded, clock: () => time, credentialHeaders: () => new Set<string>() },
    open: (sealed: Buffer) => vault.open(sealed)
  };
  const target = await readTarget(parts, id);
  await tryOnce(parts, target!, { message, number: 1 });
  return receiver.received.at(-1)!;
}

/** Whether a receiver that knows this secret takes it, by its clock. */
function isTaken(request: { body: Buffer; headers: Record<string, string> }, secret: string, time: number): boolean {
  vi.useFakeTimers({ toFake: ['Date'], now: time });
  try {
    new Webhook(secret).verify(request.body.toString(), request.headers);
    return true;
  } catch {
    return false;
  } finally {
    vi.useRealTimers();
  }
}

test('the first try, and a replay a day later', async () => {
  const id = await newDestination();
  const now = Date.now();
  const first = await sendAt(now, id);
  expect(isTaken(first, FIRST, now)).toBe(true);
  expect(isTaken(first, FIRST, now + DAY_MS)).toBe(false);
  const replay = await sendAt(now + DAY_MS, id);
  expect(isTaken(replay, FIRST, now + DAY_MS)).toBe(true);
  expect(replay.headers['webhook-id']).toBe(first.headers['webhook-id']);
  expect(replay.body.equals(message.body)).toBe(true);
});

test('during a rotation with either secret, after it with the new one', async () => {
  const id = await newDestination();
  const now = Date.now();
  expect(await rotateDestinationSecret({ database, vault }, id, { secret: SECOND, keepSeconds: 3600 })).toBe(true);
  const during = await sendAt(now, id);
  expect([FIRST, SECOND, THIRD].map((secret) => isTaken(during, secret, now))).toEqual([true, true, false]);
  const after = await sendAt(now + 2 * HOUR_MS, id);
  expect([FIRST, SECOND].map((secret) => isTaken(after, secret, now + 2 * HOUR_MS))).toEqual([false, true]);
});

test('a rotation within a rotation ends the oldest; both ways to end one at once do', async () => {
  const id = await newDestination();
  const now = Date.now();
  const good = async () => {
    const sent = await sendAt(now, id);
    return [FIRST, SECOND, THIRD, FOURTH].filter((secret) => isTaken(sent, secret, now));
  };
  await rotateDestinationSecret({ database, vault }, id, { secret: SECOND, keepSeconds: 3600 });
  await rotateDestinationSecret({ database, vault }, id, { secret: THIRD, keepSeconds: 3600 });
  expect(await good()).toEqual([SECOND, THIRD]);
  expect(await endPreviousSecret(database, id)).toBe(true);
  expect(await endPreviousSecret(database, id)).toBe(false);
  expect(await good()).toEqual([THIRD]);
  await rotateDestinationSecret({ database, vault }, id, { secret: SECOND, keepSeconds: 3600 });
  await updateDestination({ database, vault }, id, { secret: FOURTH });
  expect(await good()).toEqual([FOURTH]);
});
