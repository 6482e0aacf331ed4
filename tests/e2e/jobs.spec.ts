// Many messages put right at once: three ticked and re-delivered, all that match, without JavaScript too.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright/test';
import { endLeftHoldfasts, startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { until } from '../support/until.ts';
import { expect, expectAccessible, OWNER, signIn, test as base } from './story.ts';

/** A server that may send to this machine. */
const test = base.extend<object, { holdfast: Holdfast }>({
  holdfast: [
    async ({ browser: _ }, use) => {
      const env = {
        ADMIN_EMAIL: OWNER.email,
        ADMIN_PASSWORD: OWNER.password,
        ALLOW_PRIVATE_DESTINATIONS: '127.0.0.0/8'
      };
      const holdfast = await startHoldfast({ env });
      await use(holdfast);
      await holdfast.stop();
      await endLeftHoldfasts();
    },
    { scope: 'worker' }
  ]
});

let isBroken = true;
let server: Server;
test.beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(isBroken ? 500 : 200).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
test.afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** A source whose messages the destination has refused. */
async function refusedMessages(holdfast: Holdfast, count: number): Promise<{ slug: string; ids: string[] }> {
  const slug = `jobs-${Date.now().toString(36)}`;
  await holdfast.api('/sources', { method: 'POST', body: { slug, provider: 'none' } });
  const { port } = server.address() as AddressInfo;
  const made = await holdfast.api('/destinations', {
    method: 'POST',
    body: { name: slug, url: `http://127.0.0.1:${port}/`, retry: { schedule_seconds: [] } }
  });
  const { id: destination } = made.body as { id: number };
  await holdfast.api('/connections', { method: 'POST', body: { source: slug, destination } });
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const answer = await fetch(`${holdfast.url}/in/${slug}`, { method: 'POST', body: `{"n":${n}}` });
    ids.push(((await answer.json()) as { id: string }).id);
  }
  await until(async () => {
    const page = await holdfast.api(`/messages?source=${slug}&status=failed`);
    return (page.body as { data: unknown[] }).data.length === count;
  });
  return { slug, ids };
}

const ticks = (page: Page) => page.getByRole('checkbox', { name: /^Select / });

test('without any job the page says where they come from', async ({ page, holdfast }) => {
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/jobs`);
  await expect(page.getByRole('heading', { name: 'No jobs yet' })).toBeVisible();
  await expectAccessible(page);
});

test('three are ticked, re-delivered after a question, and the job is watched to its end', async ({
  page,
  holdfast
}) => {
  isBroken = true;
  const { slug, ids } = await refusedMessages(holdfast, 5);
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/inbox?source=${slug}`);
  await expect(ticks(page)).toHaveCount(5);
  await ticks(page).nth(0).check();
  await ticks(page).nth(1).check();
  await page.locator('[data-row]').nth(2).focus();
  await page.keyboard.press('x');
  await expect(page.getByText('3 selected')).toBeVisible();
  await expect(page.getByText('messages are ticked')).toBeVisible();

  isBroken = false;
  await page.getByRole('button', { name: 'Re-deliver …', exact: true }).click();
  await expect(page).toHaveURL(/\/jobs\/\d+$/);
  await expect(page.getByText(`${slug}: 3 deliveries`)).toBeVisible();
  await expect(page.getByText('Would be called').first()).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'Re-deliver 3 messages' }).click();
  await expect(page.getByRole('main').getByText('Done', { exact: true })).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole('row').filter({ hasText: 'Fixed' })).toHaveCount(3);
  await expectAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('link', { name: ids[4]! }).click();
  await expect(page.getByRole('region', { name: 'What happened' })).toBeVisible();
  await page.goto(`${holdfast.url}/inbox?source=${slug}&status=failed`);
  await expect(ticks(page)).toHaveCount(2);
});

test('without JavaScript: tick, all that match, start, cancel', async ({ page, browser, holdfast }) => {
  isBroken = true;
  const { slug } = await refusedMessages(holdfast, 4);
  await signIn(page, holdfast);
  const storageState = await page.context().storageState();
  const plain = await (await browser.newContext({ javaScriptEnabled: false, storageState })).newPage();
  await plain.goto(`${holdfast.url}/inbox?source=${slug}`);
  const all = plain.getByRole('button', { name: 'Re-deliver all 4 messages …' });
  await expect(all).toBeHidden();
  await ticks(plain).first().check();
  await all.click();
  await expect(plain.getByText(`${slug}: 4 deliveries`)).toBeVisible();
  await plain.getByRole('button', { name: 'Leave it' }).click();
  await expect(plain.getByText('Cancelled', { exact: true })).toBeVisible();

  isBroken = false;
  await plain.goto(`${holdfast.url}/inbox?source=${slug}`);
  await ticks(plain).first().check();
  await plain.getByRole('button', { name: 'Re-deliver …', exact: true }).click();
  await plain.getByRole('button', { name: 'Re-deliver 1 message' }).click();
  await expect(async () => {
    await plain.reload();
    await expect(plain.getByRole('main').getByText('Done', { exact: true })).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 15_000 });
  await expect(plain.getByRole('row').filter({ hasText: 'Fixed' })).toHaveCount(1);
  await plain.context().close();
});

test('a connection is back-filled, and the invalid messages of a source verified again, from their pages', async ({
  page,
  holdfast
}) => {
  isBroken = false;
  const slug = `fill-${Date.now().toString(36)}`;
  await holdfast.api('/sources', { method: 'POST', body: { slug, name: slug, provider: 'none' } });
  for (const n of [1, 2]) await fetch(`${holdfast.url}/in/${slug}`, { method: 'POST', body: `{"n":${n}}` });
  const { port } = server.address() as AddressInfo;
  const made = await holdfast.api('/destinations', {
    method: 'POST',
    body: { name: slug, url: `http://127.0.0.1:${port}/` }
  });
  const { id: destination } = made.body as { id: number };
  await holdfast.api('/connections', { method: 'POST', body: { source: slug, destination } });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/destinations`);
  await page.getByRole('button', { name: `Back-fill ${slug} from ${slug}` }).click();
  await page.getByRole('button', { name: 'Count them' }).click();
  await page.getByRole('button', { name: `Back-fill ${slug} with 2 messages` }).click();
  await expect(page.getByRole('main').getByText('Done', { exact: true })).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole('row').filter({ hasText: 'Succeeded' })).toHaveCount(2);

  await page.goto(`${holdfast.url}/sources/${slug}`);
  await page.getByRole('button', { name: 'Verify them again …' }).click();
  await expect(page.getByText('No message is in it: there is nothing to do.')).toBeVisible();
});
