// A destination from its URL to its first delivery, and what is set up about it.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Holdfast } from '../support/holdfast.ts';
import { expect, expectAccessible, signIn, test } from './story.ts';

const receiver = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'x-answer': 'yes' }).end('taken'));
});
test.beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
test.afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
});
const receiverUrl = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;

async function made(holdfast: Holdfast, body: object): Promise<string> {
  const answer = await holdfast.api('/destinations', { method: 'POST', body: { url: receiverUrl(), ...body } });
  return `${holdfast.url}/destinations/${(answer.body as { id: number }).id}`;
}

test('a URL, its secret once, and a test that shows how long each phase took', async ({ page, holdfast }) => {
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/destinations`);
  await page.getByRole('button', { name: 'New destination' }).click();
  await page.getByLabel('Name').fill('Orders');
  await page.getByLabel('URL').fill(receiverUrl());
  await page.getByRole('button', { name: 'Make the destination' }).click();
  const first = await page.getByRole('group', { name: 'signing secret' }).innerText();
  expect(first).toMatch(/^whsec_/);
  await page.getByRole('link', { name: 'Orders' }).click();
  await expect(page.getByRole('heading', { name: 'Orders', level: 1 })).toBeVisible();

  await page.getByRole('button', { name: 'Send a test' }).click();
  await expect(page.getByText(/It took the test, in/)).toBeVisible();
  const phases = page.getByRole('table', { name: 'How long each phase took' });
  for (const phase of ['Connect', 'Send', 'Wait'])
    await expect(phases.getByRole('row', { name: phase })).toContainText('ms');
  await expect(page.getByRole('group', { name: 'Answer' })).toContainText('taken');
  await expect(page.getByRole('group', { name: 'Request' })).toContainText('webhook-signature: ••••');

  await page.getByRole('button', { name: 'Make a new secret' }).click();
  const second = await page.getByRole('group', { name: 'signing secret' }).innerText();
  expect(second).toMatch(/^whsec_/);
  expect(second).not.toBe(first);
  await expect(page.getByText('two secrets sign')).toBeVisible();
  await page.getByRole('button', { name: 'End it now' }).click();
  await expect(page.getByText('two secrets sign')).toHaveCount(0);
  await expect(page.getByText(second)).toHaveCount(0);
});

test('what is set stays set, what is wrong is said where it stands, and a header’s value is never shown', async ({
  page,
  holdfast
}) => {
  const url = await made(holdfast, { name: 'Settings', headers: [['X-Key', 'very secret']] });
  await signIn(page, holdfast);
  await page.goto(url);
  await expect(page.getByLabel('Name of header 1')).toHaveValue('X-Key');
  expect(await page.content()).not.toContain('very secret');
  await page.getByLabel('Time-out').fill('500');
  await page.getByLabel('Pauses after failed tries').fill('5, 60');
  await page.getByRole('button', { name: 'Save the settings' }).click();
  await expect(page.getByText('A whole number from 1 to 120 is needed.')).toBeVisible();
  await expect(page.getByLabel('Pauses after failed tries')).toHaveValue('5, 60');
  await page.getByLabel('Time-out').fill('7');
  await page.getByLabel('Method').selectOption('PUT');
  await page.getByLabel('Append the sender’s path').check();
  await page.getByLabel('Name of header 2').fill('X-More');
  await page.getByLabel('Value of header 2').fill('also secret');
  await page.getByText('TLS', { exact: true }).click();
  await page.getByLabel('Take any certificate').check();
  await page.getByRole('button', { name: 'Save the settings' }).click();
  await expect(page.getByText('The settings are saved.')).toBeVisible();
  await expect(page.getByText('Its certificate is not checked')).toBeVisible();
  const { body } = await holdfast.api(new URL(url).pathname);
  expect(body).toMatchObject({
    ...{ timeout_seconds: 7, method: 'PUT', forward_path: true, retry: { schedule_seconds: [5, 60] } },
    ...{
      headers: [
        ['X-Key', '••••••••'],
        ['X-More', '••••••••']
      ],
      tls: { verify: false }
    }
  });
  await page.goto(`${holdfast.url}/destinations`);
  await expect(page.getByRole('row', { name: 'Settings' })).toContainText('certificate not checked');
});

test('without JavaScript: paused, what comes waits; resumed, it goes', async ({ browser, holdfast }) => {
  const url = await made(holdfast, { name: 'Paused' });
  await holdfast.api('/sources', { method: 'POST', body: { slug: 'waiting', provider: 'none' } });
  const destination = Number(url.split('/').at(-1));
  await holdfast.api('/connections', { method: 'POST', body: { source: 'waiting', destination } });
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await signIn(page, holdfast);
  await page.goto(url);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('Paused by owner@example.com.')).toBeVisible();
  await fetch(`${holdfast.url}/in/waiting`, { method: 'POST', body: '{}' });
  await page.reload();
  await expect(page.getByText('1 delivery waiting.')).toBeVisible();
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(async () => {
    await page.goto(url);
    await expect(page.getByText('Nothing waits.')).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(page.getByRole('table', { name: 'Last deliveries' })).toContainText('waiting');
});

test('the page of a destination is accessible', async ({ page, holdfast }) => {
  const url = await made(holdfast, {
    ...{ name: 'Accessible', headers: [['X-Key', 'x']], tls: { verify: false, insecure: true } }
  });
  await signIn(page, holdfast);
  await page.goto(url);
  await expectAccessible(page);
});
