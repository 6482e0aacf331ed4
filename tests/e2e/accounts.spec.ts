// Money moves on the screen: for those who manage accounts, and for the one whose money it is.

import type { Holdfast } from '../support/holdfast.ts';
import { signedByGitHub, signedByStripe } from '../support/signing.ts';
import { expect, expectAccessible, invite, OWNER, signIn, test } from './story.ts';

const SECRET = 'whsec_c2VjcmV0IG9mIHRoZSBzdG9yaWVz';

async function makeAccount(holdfast: Holdfast, name: string, owner: string | null = null): Promise<number> {
  const { body } = await holdfast.api('/accounts', {
    method: 'POST',
    body: { name, currency: 'usd', ...(owner === null ? {} : { owner_email: owner }) }
  });
  return (body as { id: number }).id;
}

async function makeSource(holdfast: Holdfast, slug: string, provider: string): Promise<string> {
  await holdfast.api('/sources', { method: 'POST', body: { slug, provider, secrets: SECRET } });
  return `${holdfast.url}/in/${slug}`;
}

let payments = 0;

/** Sends a payment as Stripe would. @returns when it was sent, by performance.now() */
async function pay(url: string, account: number, amount: number): Promise<number> {
  const number = ++payments;
  const { body, headers } = signedByStripe(
    {
      ...{ id: `evt_story_${number}`, object: 'event', type: 'payment_intent.succeeded', livemode: true },
      created: Math.floor(Date.now() / 1000),
      data: {
        object: {
          ...{ id: `pi_story_${number}`, object: 'payment_intent', amount, amount_received: amount, currency: 'usd' },
          metadata: { account_id: String(account) }
        }
      }
    },
    SECRET
  );
  const sentAt = performance.now();
  expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(200);
  return sentAt;
}

test('a payment is on the open balance without a reload, with its line and its message', async ({ page, holdfast }) => {
  const stripe = await makeSource(holdfast, 'stripe-live-balance', 'stripe');
  const id = await makeAccount(holdfast, 'Ada Lovelace');
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/accounts/${id}`);
  await expect(page.getByText('No lines yet')).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();

  const sentAt = await pay(stripe, id, 1999);
  const balance = page.getByRole('region', { name: 'Balance' });
  await expect(balance).toContainText('$19.99');
  console.log(`POST → balance on the screen: ${Math.round(performance.now() - sentAt)} ms`);
  await expect(balance).toContainText('+$19.99');
  await expect(balance.getByRole('status')).toHaveText('Balance $19.99');

  await pay(stripe, id, 1);
  await expect(balance).toContainText('$20.00');
  // Said at most once in ten seconds.
  await expect(balance.getByRole('status')).toHaveText('Balance $19.99');
  const lines = page.getByRole('region', { name: 'Lines' });
  await expect(lines.getByRole('row')).toHaveCount(3);
  await lines.getByRole('link').first().click();
  await expect(page).toHaveURL(/\/inbox\/[0-9a-f-]{36}$/);
});

test('a payment is reversed on its line, with a reason, without JavaScript too; another screen sees it live', async ({
  page,
  browser,
  holdfast
}) => {
  const stripe = await makeSource(holdfast, 'stripe-reversal', 'stripe');
  const id = await makeAccount(holdfast, 'Hedy Lamarr');
  await pay(stripe, id, 1999);
  await pay(stripe, id, 500);
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/accounts/${id}`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();

  const plain = await (
    await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() })
  ).newPage();
  await plain.goto(`${holdfast.url}/accounts/${id}`);
  await plain
    .getByRole('link', { name: /^Reverse line/ })
    .last()
    .click();
  const question = plain.getByRole('dialog');
  await expect(question).toContainText('takes back $19.99 that Hedy Lamarr was credited');
  await question.getByLabel('Reason').fill('   ');
  await question.getByRole('button', { name: 'Take $19.99 back' }).click();
  await expect(plain.getByText('A reason is needed')).toBeVisible();
  await plain.getByRole('dialog').getByLabel('Reason').fill('credited to the wrong customer');
  await plain.getByRole('button', { name: 'Take $19.99 back' }).click();
  await expect(plain.getByRole('dialog')).toHaveCount(0);
  await expect(plain.getByRole('region', { name: 'Balance' })).toContainText('$5.00');
  await plain.context().close();

  // The screen that was open all along, nothing clicked on it.
  const lines = page.getByRole('region', { name: 'Lines' });
  await expect(page.getByRole('region', { name: 'Balance' })).toContainText('$5.00');
  await expect(lines.getByRole('row').nth(1)).toContainText('credited to the wrong customer');
  await expect(lines.getByRole('row').nth(1)).toContainText(`by ${OWNER.email}`);
  await lines.getByRole('link', { name: /^reverses line/ }).click();
  await expect(page).toHaveURL(/#line-\d+$/);
  await expect(lines.getByRole('row').nth(3)).toContainText('reversed by line');

  await lines.getByRole('link', { name: /^Reverse line/ }).click();
  await expectAccessible(page);
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.setViewportSize({ width: 1440, height: 900 });
  // Somebody else was faster.
  const line = new URL(page.url()).searchParams.get('reverse') ?? '';
  const body = { reason: 'by the API' };
  expect((await holdfast.api(`/accounts/${id}/entries/${line}/reverse`, { method: 'POST', body })).status).toBe(201);
  await page.getByLabel('Reason').fill('twice');
  await page.getByRole('button', { name: 'Take $5.00 back' }).click();
  await expect(page.getByRole('alert')).toContainText(`Line ${line} is reversed already, by line`);
  await page.getByRole('link', { name: 'Cancel' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('region', { name: 'Balance' })).toContainText('$0.00');
});

test('what is shown is called stale when there is no network', async ({ page, holdfast }) => {
  const id = await makeAccount(holdfast, 'Grace Hopper');
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/accounts/${id}`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.context().setOffline(true);
  await expect(page.getByText('Stale: the live connection is down')).toBeVisible();
  await expect(page.getByText('You are offline')).toBeVisible();
  await page.context().setOffline(false);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByText('Stale: the live connection is down')).toHaveCount(0);
});

test('a customer sees their own account, live, and nothing else', async ({ page, browser, holdfast }) => {
  const stripe = await makeSource(holdfast, 'stripe-customer', 'stripe');
  const own = await makeAccount(holdfast, 'Mary Somerville', 'mary@example.com');
  const other = await makeAccount(holdfast, 'Somebody else', 'else@example.com');
  await signIn(page, holdfast);
  const mary = await invite(browser, page, { holdfast, email: 'mary@example.com', role: 'customer' });
  await expect(mary).toHaveURL(`${holdfast.url}/account`);
  await expect(mary.getByRole('heading', { name: 'Mary Somerville' })).toBeVisible();
  await expect(mary.getByText('Live', { exact: true })).toBeVisible();
  await expect(mary.getByRole('navigation', { name: 'Main' }).getByRole('link')).toHaveText(['Your account']);

  await pay(stripe, other, 500);
  await pay(stripe, own, 700);
  await expect(mary.getByRole('region', { name: 'Balance' })).toContainText('$7.00');
  await expect(mary.getByRole('region', { name: 'Lines' }).getByRole('link')).toHaveCount(0);

  const elsewhere = ['/', '/inbox', '/sources', '/destinations', '/accounts', `/accounts/${other}`, '/settings/users'];
  for (const path of [...elsewhere, `/accounts/${own}`, '/pull-requests']) {
    await mary.goto(`${holdfast.url}${path}`);
    await expect(mary, path).toHaveURL(`${holdfast.url}/account`);
  }
  await mary.goto(`${holdfast.url}/account?id=${other}`);
  await expect(mary.getByText('Somebody else')).toHaveCount(0);
  await expectAccessible(mary);
});

test('an account is made without JavaScript, and a wrong field is said beside it', async ({ browser, holdfast }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/accounts`);
  await page.getByRole('button', { name: 'New account' }).first().click();
  await page.getByLabel('Name').fill('Emmy Noether');
  await page.getByLabel('Currency').fill('12');
  await page.getByLabel('Stripe customer').fill('emmy');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await expect(page.getByText('Three letters are needed, such as usd.')).toBeVisible();
  await expect(page.getByText('A Stripe customer id begins with cus_.')).toBeVisible();
  await expect(page.getByLabel('Name')).toHaveValue('Emmy Noether');
  await page.getByLabel('Currency').fill('eur');
  await page.getByLabel('Stripe customer').fill('');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await expect(page).toHaveURL(/\/accounts\/\d+$/);
  await expect(page.getByRole('region', { name: 'Balance' })).toContainText('€0.00');
});

test('a pull request that wants a review is on the open board, and its badge counts', async ({ page, holdfast }) => {
  const github = await makeSource(holdfast, 'github-board', 'github');
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/pull-requests`);
  await expect(page.getByText('No pull requests yet')).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const now = new Date().toISOString();
  const user = { login: 'octocat', id: 1 };
  const repository = {
    id: 7,
    name: 'shop',
    full_name: 'acme/shop',
    html_url: 'https://github.com/acme/shop',
    owner: user
  };
  const pullRequest = {
    ...{ id: 412, number: 412, title: 'Add <b>refunds</b>', html_url: 'https://github.com/acme/shop/pull/412' },
    ...{ state: 'open', draft: false, merged: false, user, created_at: now, updated_at: now, requested_reviewers: [] }
  };
  const event = { action: 'opened', number: 412, pull_request: pullRequest, repository, sender: user };
  const { body, headers } = await signedByGitHub(event, SECRET, { name: 'pull_request', deliveryId: 'story-1' });
  expect((await fetch(github, { method: 'POST', body, headers })).status).toBe(200);
  await expect(page.getByRole('region', { name: 'acme/shop' })).toContainText('1 awaiting review');
  await expect(page.getByRole('link', { name: 'Add <b>refunds</b>' })).toBeVisible();
  await expectAccessible(page);
});

test('the pages of accounts are accessible, empty and full', async ({ page, holdfast }) => {
  test.slow();
  const stripe = await makeSource(holdfast, 'stripe-accessible', 'stripe');
  const empty = await makeAccount(holdfast, 'Empty');
  const full = await makeAccount(holdfast, 'Full');
  for (const amount of [100, 200, 300]) await pay(stripe, full, amount);
  await signIn(page, holdfast);
  for (const path of ['/accounts', `/accounts/${empty}`, `/accounts/${full}`]) {
    await page.goto(`${holdfast.url}${path}`);
    await expectAccessible(page);
  }
});
