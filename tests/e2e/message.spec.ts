// A message: what happened to it and why, what it says, and delivering it again.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright/test';
import type { Holdfast } from '../support/holdfast.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripeId, stripePayment } from '../support/stripe-events.ts';
import { expect, expectAccessible, invite, signIn, test } from './story.ts';

const SECRET = 'whsec_messages';
let made = 0;

async function aSource(holdfast: Holdfast, body: object): Promise<string> {
  const slug = `message-${++made}-${Date.now().toString(36)}`;
  await holdfast.api('/sources', { method: 'POST', body: { slug, ...body } });
  return slug;
}

const stripeSource = (holdfast: Holdfast) => aSource(holdfast, { provider: 'stripe', secrets: SECRET });

interface Sent {
  body: string | Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

async function post(holdfast: Holdfast, slug: string, { body, headers }: Sent): Promise<string> {
  const answer = await fetch(`${holdfast.url}/in/${slug}`, { method: 'POST', headers, body: new Blob([body]) });
  return ((await answer.json()) as { id: string }).id;
}

async function statusOf(holdfast: Holdfast, id: string): Promise<unknown> {
  return ((await holdfast.api(`/messages/${id}`)).body as { status: unknown }).status;
}

/** @param message its id, and the list's part of the URL if it matters */
async function openMessage(page: Page, holdfast: Holdfast, message: string): Promise<void> {
  await page.goto(`${holdfast.url}/inbox/${message}`);
}

const timeline = (page: Page) => page.getByRole('region', { name: 'What happened' });
const body = (page: Page) => page.getByRole('group', { name: 'Body' });

test('what failed says why, and is delivered again after a look, once the cause is mended', async ({
  page,
  holdfast
}) => {
  const slug = await stripeSource(holdfast);
  const customer = stripeId('cus');
  const event = stripePayment({ customer, amount: 1999 }).succeeded();
  const id = await post(holdfast, slug, signedByStripe(event, SECRET));
  await signIn(page, holdfast);
  await openMessage(page, holdfast, id);
  await expect(timeline(page)).toContainText('Fits the secret “signing secret”');
  await expect(timeline(page)).toContainText(customer);
  await expect(timeline(page)).toContainText(`event_id ${event.id}`);
  await expect(timeline(page)).toContainText('handler stripe-balance');
  await expectAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByRole('button', { name: 'Re-deliver …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Re-deliver this message?' });
  await expect(dialog).toContainText('Would fail again');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();

  const account = { name: 'Ada Lovelace', currency: 'usd', stripe_customer: customer };
  await holdfast.api('/accounts', { method: 'POST', body: account });
  await page.keyboard.press('r');
  await expect(dialog).toContainText('Would apply');
  await expect(dialog).toContainText('Credited $19.99 to Ada Lovelace');
  await expect(timeline(page)).not.toContainText('Credited');
  await dialog.getByRole('button', { name: 'Re-deliver to stripe-balance' }).click();
  await expect(timeline(page)).toContainText('Credited $19.99 to Ada Lovelace');
  await expect(page.locator(`[data-row="${id}"]`)).toContainText('Succeeded');
  await expect(page.getByText('stripe-balance: fixed.')).toBeVisible();

  await page.getByRole('button', { name: 'Re-deliver …' }).click();
  await expect(dialog).toContainText('Already applied: would change nothing');
  await dialog.getByRole('button', { name: 'Re-deliver to stripe-balance' }).click();
  await expect(timeline(page)).toContainText('already applied');
  await expect(timeline(page)).toContainText(/Already applied to Ada Lovelace by line \d+/);
  await expect(page.getByText('stripe-balance: still passing, already applied')).toBeVisible();
});

test('without JavaScript it is delivered again in two steps', async ({ browser, holdfast }) => {
  const slug = await stripeSource(holdfast);
  const customer = stripeId('cus');
  const id = await post(holdfast, slug, signedByStripe(stripePayment({ customer }).succeeded(), SECRET));
  await expect.poll(async () => statusOf(holdfast, id)).toBe('failed');
  await holdfast.api('/accounts', {
    method: 'POST',
    body: { name: 'No Script', currency: 'usd', stripe_customer: customer }
  });
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await signIn(page, holdfast);
  await openMessage(page, holdfast, `${id}?source=${slug}`);
  await page.getByRole('button', { name: 'Re-deliver …' }).click();
  await expect(page.getByRole('dialog')).toContainText('Credited $19.99 to No Script');
  await page.getByRole('button', { name: 'Re-deliver to stripe-balance' }).click();
  await expect(page.getByText(/stripe-balance: (on its way again|fixed)\./)).toBeVisible();
  await expect(page.locator('[data-row]')).toHaveCount(1);
  await expect(async () => {
    await openMessage(page, holdfast, id);
    await expect(timeline(page)).toContainText('Credited $19.99 to No Script', { timeout: 100 });
  }).toPass();
  await page.context().close();
});

const POISON = String.raw`{"n":9007199254740993,"n":1e400000,"nul":"\u0000","lone":"\ud800",
  "html":"<img src=x onerror=\"document.title='taken'\"></script><script>document.title='taken'</script>","__proto__":[]}`;

test('a poison body is text, and nothing of it is lost', async ({ page, holdfast }) => {
  const slug = await aSource(holdfast, { provider: 'none' });
  const headers = { 'content-type': 'application/json', 'x-odd': '<b>bold</b>' };
  const id = await post(holdfast, slug, { body: POISON, headers });
  await signIn(page, holdfast);
  await openMessage(page, holdfast, id);
  const pretty = await body(page).innerText();
  expect(pretty.replace(/\s/g, '')).toBe(POISON.replace(/\s/g, ''));
  await expect(page.getByText('<b>bold</b>', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Raw' }).click();
  await expect(page).toHaveURL(/view=raw/);
  await expect(body(page)).toHaveText(POISON, { useInnerText: true });
  await page.getByRole('link', { name: 'Hex' }).click();
  await expect(body(page)).toContainText('00000000  7b 22 6e 22');
  expect(await page.title()).not.toContain('taken');
  await expect(page.locator('img')).toHaveCount(0);
});

test('broken, binary and long bodies say what they are', async ({ page, holdfast }) => {
  const slug = await aSource(holdfast, { provider: 'none' });
  const headers = { 'content-type': 'application/json' };
  const broken = await post(holdfast, slug, { body: '{"a": 1,\n "b": oops}', headers });
  const binary = await post(holdfast, slug, { body: new Uint8Array([0xff, 0x00, 0x41]), headers });
  const deep = await post(holdfast, slug, { body: '['.repeat(100_000) + ']'.repeat(100_000), headers });
  const long = await post(holdfast, slug, { body: JSON.stringify({ text: 'x'.repeat(600_000), end: true }), headers });
  await signIn(page, holdfast);
  await openMessage(page, holdfast, broken);
  await expect(page.getByText('Not JSON from line 2, column 7 on.')).toBeVisible();
  await expect(page.locator('mark')).toHaveText('o');
  await openMessage(page, holdfast, binary);
  await expect(body(page)).toContainText('ff 00 41');
  await openMessage(page, holdfast, deep);
  await expect(page.getByText('Showing the first 4,000 lines')).toBeVisible();
  await openMessage(page, holdfast, long);
  await expect(page.getByText('Showing the first 256 KB of 586 KB.')).toBeVisible();
  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the whole' }).click();
  expect((await downloading).suggestedFilename()).toBe(`${long}.bin`);
});

test('a wrong signature is explained, masked until asked for, and refused by handlers', async ({ page, holdfast }) => {
  const slug = await stripeSource(holdfast);
  const signed = signedByStripe(stripePayment({}).succeeded(), 'whsec_another');
  const id = await post(holdfast, slug, signed);
  await signIn(page, holdfast);
  await openMessage(page, holdfast, id);
  await expect(timeline(page)).toContainText('Invalid signature');
  await expect(page.getByText('This message did not pass verification.')).toBeVisible();
  const signature = signed.headers['stripe-signature'] ?? '';
  await expect(page.locator('body')).not.toContainText(signature);
  await page.getByRole('link', { name: 'Show signatures and secrets' }).click();
  await expect(page.getByText(signature).first()).toBeVisible();
  await page.getByRole('link', { name: 'Mask signatures and secrets' }).click();
  await expect(page.locator('body')).not.toContainText(signature);
  await page.getByRole('button', { name: 'Re-deliver …' }).click();
  await expect(page.getByRole('dialog')).toContainText('Refused');
  await expect(page.getByRole('button', { name: /^Re-deliver to/ })).toHaveCount(0);
});

test('a duplicate leads to the first message of its event', async ({ page, holdfast }) => {
  const slug = await stripeSource(holdfast);
  const signed = signedByStripe(stripePayment({}).succeeded(), SECRET);
  const first = await post(holdfast, slug, signed);
  const second = await post(holdfast, slug, signed);
  await signIn(page, holdfast);
  await openMessage(page, holdfast, `${second}?source=${slug}`);
  await expect(timeline(page)).toContainText('Duplicate: not delivered again');
  await page.getByRole('link', { name: 'Open the first message of this event' }).click();
  await page.waitForURL(`**/inbox/${first}*`);
});

test('the curl line sends the same bytes again', async ({ page, holdfast }) => {
  const slug = await aSource(holdfast, { provider: 'none' });
  const bodies = ['it\'s {"quoted": "$HOME `id`"}\n\n', new Uint8Array([0, 255, 10, 13, 39]), '', '@/etc/hostname'];
  await signIn(page, holdfast);
  for (const sent of bodies) {
    const headers = { 'content-type': 'text/plain', 'x-kept': "a 'quoted' value" };
    const id = await post(holdfast, slug, { body: sent, headers });
    await openMessage(page, holdfast, id);
    await page.getByText('As a curl line').click();
    const line = await page.getByRole('group', { name: 'curl line' }).textContent();
    const { stdout } = await promisify(execFile)('sh', ['-c', `${line} --silent --noproxy '*'`]);
    const again = (JSON.parse(stdout) as { id: string }).id;
    const [before, after] = [
      (await holdfast.api(`/messages/${id}`)).body,
      (await holdfast.api(`/messages/${again}`)).body
    ];
    const { body_sha256: sha, content_type: type } = before as Record<string, unknown>;
    expect(after).toMatchObject({ body_sha256: sha, content_type: type });
    expect((after as { headers: string[][] }).headers).toContainEqual(['x-kept', "a 'quoted' value"]);
  }
});

test('a viewer reads, and cannot deliver again', async ({ page, holdfast, browser }) => {
  const slug = await aSource(holdfast, { provider: 'none' });
  const id = await post(holdfast, slug, { body: '{}', headers: { 'content-type': 'application/json' } });
  await signIn(page, holdfast);
  const viewer = await invite(browser, page, { holdfast, email: `viewer${made}@example.com`, role: 'viewer' });
  await openMessage(viewer, holdfast, id);
  await expect(timeline(viewer)).toContainText('Received');
  await expect(viewer.getByRole('button', { name: 'Re-deliver …' })).toHaveCount(0);
  const answer = await viewer.request.post(`${holdfast.url}/inbox/${id}?/redeliver`, {
    headers: { origin: holdfast.url },
    form: {}
  });
  expect(answer.status()).toBe(403);
  await viewer.context().close();
});
