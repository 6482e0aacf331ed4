// Undo: a payment taken back by a second line, and what comes for it afterwards.

import { expect, test } from 'vitest';
import { createAccount } from '#lib/server/accounts/accounts.ts';
import { reverseEntry } from '#lib/server/accounts/reverse.ts';
import { accountState, makersOf, readAccount } from '#lib/server/accounts/state.ts';
import { apiFor, keyOf } from '../support/api-client.ts';
import { apiParts } from '../support/api-parts.ts';
import { applyStripe } from '../support/apply-handler.ts';
import { testDatabase } from '../support/database.ts';
import { stripePayment } from '../support/stripe-events.ts';

const database = await testDatabase();
const parts = await apiParts(database);
const told: number[] = [];
const api = apiFor({ ...parts, teller: { ...parts.teller, account: (id: number) => told.push(id) } }, keyOf('admin'));
const REASON = { reason: 'wrong customer' };

async function paid() {
  const write = await createAccount(database, { name: 'Ada Lovelace', currency: 'usd' });
  if (write.outcome !== 'saved') throw new Error(write.outcome);
  const { id } = write.account;
  const payment = stripePayment({ accountId: id, amount: 2000 });
  await applyStripe(database, payment.succeeded());
  const line = (await state(id)).entries[0]?.id ?? 0;
  return { id, payment, line, path: `/accounts/${id}/entries/${line}/reverse` };
}

async function state(id: number) {
  const account = await readAccount(database, id, { entries: 100 });
  if (!account) throw new Error(`no account ${id}`);
  expect(account.balance).toBe(account.entries.reduce((total, { amount }) => total + amount, 0));
  return account;
}

test('once, by a line with the reason and the message, audited and told; two at once make one', async () => {
  const { id, line, path } = await paid();
  const answers = await Promise.all([api('POST', path, REASON), api('POST', path, REASON)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  const { balance, entries } = await state(id);
  expect(balance).toBe(0);
  expect(entries).toHaveLength(2);
  expect(entries[0]).toMatchObject({ kind: 'reversal', amount: -2000, message_id: entries[1]?.message_id });
  expect(entries[0]?.reason).toMatch(new RegExp(`^Reversal of line ${line} .*wrong customer$`));
  expect(told).toEqual([id]);
  const audited = await database.web`select subject from audit_log where action = 'account.entry_reversed'`;
  expect(audited).toEqual([{ subject: `account ${id}` }]);
  const again = await api('POST', `/accounts/${id}/entries/${entries[0]?.id ?? 0}/reverse`, REASON);
  expect(again.status).toBe(409);
});

test('a re-delivery says reversed; refunds and disputes that come later move nothing', async () => {
  const { id, payment, path } = await paid();
  expect((await api('POST', path, REASON)).status).toBe(201);
  const again = await applyStripe(database, payment.succeeded());
  expect(again.outcome).toBe('already_applied');
  expect(again.summary).toMatch(/, and reversed by line \d+$/);
  const later = [
    payment.refunded(500),
    payment.refundFailed({ id: 're_1', amount: 500 }),
    payment.dispute('withdrawn', { id: 'dp_1', amount: 2000 }),
    payment.dispute('reinstated', { id: 'dp_1', amount: 2000 })
  ];
  for (const event of later) expect((await applyStripe(database, event)).outcome).toBe('ignored');
  const { balance, entries } = await state(id);
  expect([balance, entries.length]).toEqual([0, 2]);
});

test('not a payment with a refund, nor the refund, nor without a reason, nor on another account', async () => {
  const { id, payment, path, line } = await paid();
  await applyStripe(database, payment.refunded(500));
  expect((await api('POST', path, REASON)).status).toBe(409);
  const refund = (await state(id)).entries[0]?.id ?? 0;
  expect((await api('POST', `/accounts/${id}/entries/${refund}/reverse`, REASON)).status).toBe(409);
  expect((await api('POST', path, { reason: ' ' })).status).toBe(400);
  expect((await api('POST', `/accounts/${id + 1000}/entries/${line}/reverse`, REASON)).status).toBe(404);
  expect((await state(id)).balance).toBe(1500);
});

test('both lines name each other, to the API and on a live frame; staff are told who did it', async () => {
  const { id, line, path } = await paid();
  await api('POST', path, REASON);
  const seen = (await api('GET', `/accounts/${id}`)).json;
  const [reversal, payment] = (await state(id)).entries;
  expect(payment).toMatchObject({ id: line, reverses: null, reversed_by: reversal?.id });
  expect(reversal).toMatchObject({ reverses: line, reversed_by: null });
  expect(seen).toMatchObject({ entries: [reversal, payment] });
  expect((await accountState(database, id))?.entries).toEqual([reversal, payment]);
  expect(JSON.stringify(seen)).not.toContain('admin key');
  const by = reversal?.id ?? 0;
  expect(await makersOf(database, [line, by])).toEqual({ [by]: 'key 1 admin key' });
});

test('without its audit line there is no line', async () => {
  const { id, line } = await paid();
  const reversal = { accountId: id, entryId: line, reason: 'x', madeBy: 'somebody' };
  const failing = reverseEntry(database, reversal, () => Promise.reject(new Error('the audit log is full')));
  await expect(failing).rejects.toThrow('the audit log is full');
  const { balance, entries } = await state(id);
  expect([balance, entries.length, entries[0]?.reversed_by]).toEqual([2000, 1, null]);
});
