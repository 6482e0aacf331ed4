// A source from its name to its first message, and what becomes of it later.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, expectAccessible, signIn, test } from './story.ts';

const SECRET = 'whsec_c2VjcmV0IG9mIHRoZSBzdG9yaWVz';

test('name, provider, secret, URL, and a curl line that works as pasted', async ({ page, holdfast }) => {
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources`);
  await page.getByRole('link', { name: 'New source' }).first().click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Stripe live');
  await page.getByLabel('Find a provider').fill('stri');
  await expect(page.getByRole('radio', { name: 'GitHub' })).toHaveCount(0);
  await page.getByRole('radio', { name: 'Stripe', exact: true }).check();
  await page.getByLabel('Stripe: signing secret').fill(SECRET);
  await page.getByRole('button', { name: 'Make the source' }).click();

  await expect(page.getByRole('heading', { name: 'Stripe live' })).toBeVisible();
  await expect(page.getByText('Workbench → Webhooks')).toBeVisible();
  const url = await page.getByRole('group', { name: 'URL of Stripe live' }).innerText();
  expect(url).toMatch(new RegExp(`^${holdfast.url}/in/stripe-[a-z2-7]{16}$`));
  await expect(page.getByText('stripe-balance')).toBeVisible();

  await page.getByText('Show a curl line').click();
  const curl = await page.getByRole('group', { name: 'curl line' }).innerText();
  const { stdout } = await promisify(execFile)('sh', ['-c', `${curl} --silent --noproxy '*' -w ' %{http_code}'`]);
  expect(stdout).toMatch(/^\{"id":"[0-9a-f-]{36}"\} 200$/);
  await page.reload();
  await expect(page.getByText('None yet')).toHaveCount(0);

  await page.goto(`${holdfast.url}/sources`);
  await expect(page.getByRole('row', { name: 'Stripe live' })).toContainText('Stripe');
});

test('the button sends a test message, which no handler takes', async ({ page, holdfast }) => {
  const body = { slug: 'github-test', provider: 'github', secrets: 'a secret' };
  await holdfast.api('/sources', { method: 'POST', body });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources/github-test`);
  await page.getByRole('button', { name: 'Send a test message' }).click();
  const link = page.getByRole('link', { name: 'open it' });
  await expect(link).toBeVisible();
  const id = (await link.getAttribute('href'))?.split('/').at(-1);
  const message = (await holdfast.api(`/messages/${id}`)).body;
  expect(message).toMatchObject({ origin: 'test', verification: { status: 'valid' }, deliveries: [] });
});

test('without JavaScript: what is missing is said, what was typed is kept', async ({ browser, holdfast }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources/new`);
  await page.getByRole('textbox', { name: 'Name' }).fill('GitHub acme');
  await page.getByRole('button', { name: 'Make the source' }).click();
  await expect(page.getByText('Choose who sends the messages.')).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('GitHub acme');
  await page.getByRole('radio', { name: 'GitHub', exact: true }).check();
  await page.getByRole('button', { name: 'Make the source' }).click();
  await expect(page.getByText('No secret yet')).toBeVisible();
  await page.getByLabel('New webhook secret').fill('a secret');
  await page.getByRole('button', { name: 'Add the secret' }).click();
  await expect(page.getByText('The secret “signing secret” is good from now on.')).toBeVisible();
  await expect(page.getByText('No secret yet')).toHaveCount(0);
});

test('a rotated secret stays good for a while, an ended one does not', async ({ page, holdfast }) => {
  const body = { slug: 'rotated', provider: 'github', secrets: { label: 'first', value: 'one' } };
  await holdfast.api('/sources', { method: 'POST', body });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources/rotated`);
  await page.getByLabel('New webhook secret').fill('two');
  await page.getByLabel('Label').fill('second');
  await page.getByLabel('Older ones stay good').fill('never');
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  await expect(page.getByText('A whole number of hours from 0 to 720 is needed.')).toBeVisible();
  await expect(page.getByLabel('Older ones stay good')).toBeFocused();
  await expect(page.getByLabel('Label')).toHaveValue('second');
  await page.getByLabel('Older ones stay good').fill('48');
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  await expect(page.getByRole('row', { name: 'first' })).toContainText('ends in 1 d');
  await expect(page.getByRole('row', { name: 'second' })).toContainText('until rotated');
  await page.getByRole('button', { name: 'End now: first' }).click();
  await expect(page.getByRole('row', { name: 'first' })).toHaveCount(0);
  await expect(page.getByText('one', { exact: true })).toHaveCount(0);
});

test('options go by the provider’s own table, and a wrong one is said beside its field', async ({ page, holdfast }) => {
  await holdfast.api('/sources', { method: 'POST', body: { slug: 'options', provider: 'none' } });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources/options`);
  await page.getByLabel('Keep messages, in days').fill('soon');
  await page.getByRole('checkbox', { name: 'GET' }).uncheck();
  await page.getByRole('button', { name: 'Save the options' }).click();
  await expect(page.getByText('This is "soon": a whole number is needed.')).toBeVisible();
  await expect(page.getByLabel('Keep messages, in days')).toBeFocused();
  await page.getByLabel('Keep messages, in days').fill('3');
  await page.getByRole('button', { name: 'Save the options' }).click();
  await expect(page.getByText('The options are saved.')).toBeVisible();
  const { body } = await holdfast.api('/sources/options');
  expect(body).toMatchObject({
    options: { retention_days: 3, allowed_methods: ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] }
  });
  expect((await fetch(`${holdfast.url}/in/options`)).status).toBe(405);
});

test('deleting asks, names what goes, and the URL answers 404', async ({ page, holdfast }) => {
  const body = { slug: 'to-go', provider: 'github', secrets: ['one', 'two'] };
  await holdfast.api('/sources', { method: 'POST', body });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources/to-go`);
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByRole('dialog')).toContainText('2 secret(s) and 1 connection(s)');
  await page.getByRole('button', { name: 'Delete the source to-go' }).click();
  await expect(page).toHaveURL(`${holdfast.url}/sources`);
  expect((await fetch(`${holdfast.url}/in/to-go`, { method: 'POST', body: '{}' })).status).toBe(404);
  // What was sent to nobody is shown here: most first webhooks fail on a typo.
  await expect(async () => {
    await page.reload();
    await expect(page.getByText('/in/to-go')).toBeVisible({ timeout: 500 });
  }).toPass();
});

test('an HTTP destination shows its secret once; connections are made and undone', async ({ page, holdfast }) => {
  await holdfast.api('/sources', { method: 'POST', body: { slug: 'connected', name: 'Connected', provider: 'none' } });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/destinations`);
  await page.getByRole('button', { name: 'New destination' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('orders');
  await page.getByRole('textbox', { name: 'URL' }).fill('https://user:pass@orders.example/');
  await page.getByRole('button', { name: 'Make the destination' }).click();
  await expect(page.getByText('Credentials do not belong in the URL.')).toBeVisible();
  await page.getByRole('textbox', { name: 'URL' }).fill('https://orders.example/hooks');
  await page.getByRole('button', { name: 'Make the destination' }).click();
  const secret = await page.getByRole('group', { name: 'signing secret' }).innerText();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  await page.reload();
  await expect(page.getByText(secret)).toHaveCount(0);

  await page.getByRole('combobox', { name: 'Source' }).selectOption('connected');
  await page.getByRole('combobox', { name: 'Destination' }).selectOption({ label: 'orders' });
  await page.getByLabel('Only event types').fill('invoice.*, charge.refunded');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  const row = page.getByRole('table', { name: 'Connections' }).getByRole('row', { name: 'Connected' });
  await expect(row).toContainText('invoice.*, charge.refunded');
  await row.getByRole('button', { name: 'Disconnect' }).click();
  await expect(row).toHaveCount(0);
});

test('the pages of sources and destinations are accessible', async ({ page, holdfast }) => {
  test.slow();
  await holdfast.api('/sources', { method: 'POST', body: { slug: 'accessible', provider: 'stripe', secrets: SECRET } });
  await signIn(page, holdfast);
  for (const path of ['/sources', '/sources/new', '/sources/accessible', '/destinations']) {
    await page.goto(`${holdfast.url}${path}`);
    await expectAccessible(page);
  }
  await page.goto(`${holdfast.url}/sources/accessible`);
  await page.getByRole('button', { name: 'Delete', exact: true }).press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Delete', exact: true })).toBeFocused();
});
