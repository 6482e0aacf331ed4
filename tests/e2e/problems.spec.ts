// A receiver that fails, and a sender with the wrong secret: seen as problems, told to a channel, and over again.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright/test';
import { endLeftHoldfasts, startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { expect, expectAccessible, OWNER, signIn, test as base } from './story.ts';

const SOON = { timeout: 15_000 };

/** A server that answers what it is told, and keeps the bodies. */
async function startReceiver() {
  const bodies: string[] = [];
  const receiver = { status: 500, bodies };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      bodies.push(Buffer.concat(parts).toString());
      response.writeHead(request.url === '/alerts' ? 200 : receiver.status).end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(receiver, { url, close: () => server.close().closeAllConnections() });
}

const test = base.extend<object, { holdfast: Holdfast }>({
  holdfast: [
    async ({ browser: _ }, use) => {
      const holdfast = await startHoldfast({
        env: {
          ...{ ADMIN_EMAIL: OWNER.email, ADMIN_PASSWORD: OWNER.password },
          ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32'
        }
      });
      await use(holdfast);
      await holdfast.stop();
      await endLeftHoldfasts();
    },
    { scope: 'worker' }
  ]
});

async function make(holdfast: Holdfast, path: string, body: object): Promise<number> {
  const answer = await holdfast.api(path, { method: 'POST', body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return (answer.body as { id: number }).id;
}

async function post(holdfast: Holdfast, slug: string, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    await fetch(`${holdfast.url}/in/${slug}`, { method: 'POST', body: JSON.stringify({ type: 'order.paid', i }) });
  }
}

const problemLink = (page: Page) =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Problems' });

test('a receiver fails: one problem, an alert, and it is over by itself when it answers again', async ({
  page,
  holdfast
}) => {
  test.slow();
  const receiver = await startReceiver();
  await make(holdfast, '/sources', { slug: 'orders', name: 'Orders', provider: 'none' });
  const destination = { name: 'crm', url: `${receiver.url}/crm`, retry: { schedule_seconds: [600] } };
  await make(holdfast, '/connections', {
    source: 'orders',
    destination: await make(holdfast, '/destinations', destination)
  });
  await make(holdfast, '/destinations', { name: 'team chat', url: `${receiver.url}/alerts` });

  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/settings`);
  await page.getByLabel('Send alerts to').selectOption('team chat');
  await page.getByRole('region', { name: 'Alerts' }).getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Alerts are sent there from now on.')).toBeVisible();
  await problemLink(page).click();
  await expect(page.getByRole('heading', { name: 'No problems' })).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });

  await post(holdfast, 'orders', 4);
  const problem = page.getByRole('region', { name: 'Deliveries to crm fail: 4 tries in a row.' });
  await expect(problem).toBeVisible(SOON);
  await expect(problem).toContainText('The destination answered 500.');
  await expect(problem.getByText(/^sent/)).toBeVisible(SOON);
  await expect(problemLink(page)).toContainText('1', SOON);
  const alert = receiver.bodies.find((body) => body.includes('"problem":'));
  expect(JSON.parse(alert ?? '{}')).toMatchObject({ text: expect.stringContaining('crm') });
  await expectAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.goto(`${holdfast.url}/destinations`);
  await expect(page.getByRole('row', { name: 'crm' }).first()).toContainText('problem');
  await page.getByRole('link', { name: 'problem', exact: true }).click();
  await problem
    .getByRole('link', { name: /message/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/inbox\/[0-9a-f-]{36}/);

  receiver.status = 200;
  await post(holdfast, 'orders', 1);
  await problemLink(page).click();
  await expect(page.getByRole('row', { name: 'Deliveries to crm fail' })).toContainText(
    'By itself: A delivery succeeded',
    SOON
  );
  await expect(page.getByRole('heading', { name: 'No problems' })).toBeVisible();
  await expect.poll(() => receiver.bodies.filter((body) => body.includes('Resolved: ')).length, SOON).toBe(1);
  receiver.close();
});

test('messages that do not verify: one problem, resolved by hand, without JavaScript too', async ({
  page,
  browser,
  holdfast
}) => {
  await make(holdfast, '/sources', { slug: 'forged', name: 'Shop', provider: 'stripe', secrets: ['whsec_another'] });
  await post(holdfast, 'forged', 6);
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/problems`);
  const problem = page.getByRole('region', { name: '6 messages of Shop did not pass verification.' });
  await expect(problem).toBeVisible(SOON);
  await expectAccessible(page);
  await page.goto(`${holdfast.url}/sources`);
  await expect(page.getByRole('row', { name: 'Shop' })).toContainText('problem');

  const plain = await (
    await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() })
  ).newPage();
  await plain.goto(`${holdfast.url}/problems`);
  await plain.getByRole('button', { name: /^Resolve: 6 messages of Shop/ }).click();
  await expect(plain.getByText('The problem with Shop is resolved.')).toBeVisible();
  await expect(plain.getByRole('row', { name: /6 messages of Shop/ })).toContainText(`By ${OWNER.email}`);
  await plain.context().close();
});
