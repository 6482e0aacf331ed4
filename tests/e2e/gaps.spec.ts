// What never arrived: from no token to a message that is here after all.

import type { Page } from 'playwright/test';
import { startGithubApi, type GithubApi } from '../support/github-api.ts';
import { githubDelivery } from '../support/github-deliveries.ts';
import type { Holdfast } from '../support/holdfast.ts';
import { startStripeApi } from '../support/stripe-api.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { expect, expectAccessible, signIn, test } from './story.ts';

const SECRET = 'the secret of the hook';
const HOUR_MS = 3_600_000;

/** A source, and a GitHub whose hook posts to it. */
async function sourceOf(holdfast: Holdfast, slug: string, setUp: boolean): Promise<GithubApi> {
  const api = await startGithubApi({ hookUrl: `${holdfast.url}/in/${slug}`, secret: SECRET });
  const options = setUp ? { api_base_url: api.url, hook: api.hook } : {};
  const token = { label: 'github-token', value: api.token };
  const body = {
    slug,
    name: `GitHub ${slug}`,
    provider: 'github',
    options,
    secrets: [SECRET, ...(setUp ? [token] : [])]
  };
  await holdfast.api('/sources', { method: 'POST', body });
  return api;
}

const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });
const ask = (page: Page) => page.getByRole('button', { name: 'Ask GitHub' }).click();

test('a token, a look, and what never arrived comes through the door', async ({ page, holdfast }) => {
  const api = await sourceOf(holdfast, 'lost', false);
  const here = await api.send('pull_request', githubDelivery('opened', 1).payload);
  const lost = api.list('push', new Date(Date.now() - HOUR_MS), { ref: 'refs/heads/main' });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources/lost`);
  await page.getByRole('link', { name: 'Gaps' }).click();
  await expect(page.getByText('Webhooks, read and write')).toBeVisible();
  await page.getByLabel('Token').fill('mistyped');
  await page.getByLabel('Hook', { exact: true }).fill('number 42');
  await page.getByLabel('Base URL of the API').fill(api.url);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(
    page.getByText('hooks/<number>, orgs/<organisation>/hooks/<number> or app/hook is needed')
  ).toBeVisible();
  await expect(page.getByLabel('Hook', { exact: true })).toBeFocused();
  await page.getByLabel('Hook', { exact: true }).fill('https://github.com/octocat/hello-world/settings/hooks/42');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved. Now choose a time to look at.')).toBeVisible();

  await ask(page);
  await expect(page.getByText('The token was revoked, has expired or was not pasted whole')).toBeVisible();
  await page.getByText('Change the key, or what it is asked about').click();
  await page.getByLabel('Token').fill(api.token);
  await page.getByRole('button', { name: 'Save' }).click();

  await ask(page);
  await expect(page).toHaveURL(/hours=24/);
  await expect(row(page, here)).toContainText('arrived');
  await expect(row(page, here).getByRole('checkbox')).toHaveCount(0);
  await expect(row(page, lost)).toContainText('never arrived');
  await expect(row(page, lost)).toContainText('timed out');
  await expect(page.getByText('Looked at 2 lines, back to')).toBeVisible();
  await page.getByRole('button', { name: 'Have GitHub send the ticked again' }).click();
  await expect(page.getByText('Tick at least one line first.')).toBeVisible();
  await page.getByRole('link', { name: 'Tick all that never arrived' }).click();
  await expect(row(page, lost).getByRole('checkbox')).toBeChecked();
  await page.getByRole('button', { name: 'Have GitHub send the ticked again' }).click();
  await expect(page.getByText('1 asked for.')).toBeVisible();
  await expect
    .poll(async () => {
      await ask(page);
      return row(page, lost).innerText();
    })
    .not.toContain('never arrived');
  await row(page, lost).getByRole('link', { name: 'Open' }).click();
  await expect(page).toHaveURL(/\/inbox\//);
  await expect(page.getByText(lost).first()).toBeVisible();
  await api.close();
});

test('without JavaScript: a link ticks what is missing, a button has it sent', async ({ browser, holdfast }) => {
  const api = await sourceOf(holdfast, 'plain', true);
  const ids = [1, 2].map((hours) => api.list('push', new Date(Date.now() - hours * HOUR_MS), { ref: 'x' }));
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources/plain/gaps`);
  await page.getByLabel('Show only what never arrived').check();
  await ask(page);
  await expect(page.getByRole('heading', { name: '2 never arrived' })).toBeVisible();
  await page.getByRole('link', { name: 'Tick all that never arrived' }).click();
  for (const id of ids) await expect(row(page, id).getByRole('checkbox')).toBeChecked();
  await row(page, ids[1] ?? '')
    .getByRole('checkbox')
    .uncheck();
  await page.getByRole('button', { name: 'Have GitHub send the ticked again' }).click();
  await expect(page.getByText('1 asked for.')).toBeVisible();
  await expect
    .poll(async () => {
      await ask(page);
      return page.getByRole('heading', { level: 2 }).allInnerTexts();
    })
    .toContain('1 never arrived');
  await expect(row(page, ids[1] ?? '')).toContainText('never arrived');
  await api.close();
});

test('an event of Stripe is fetched where Stripe is not asked to send', async ({ page, holdfast }) => {
  const api = await startStripeApi({ endpointUrl: `${holdfast.url}/in/fetched`, secret: SECRET });
  const event = stripePayment({}).succeeded({ created: Math.floor(Date.now() / 1000) - 60 });
  api.list(event);
  const secrets = [SECRET, { label: 'stripe-api-key', value: api.key }];
  const body = { slug: 'fetched', name: 'Stripe', provider: 'stripe', secrets, options: { api_base_url: api.url } };
  await holdfast.api('/sources', { method: 'POST', body });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources/fetched/gaps?hours=1`);
  await row(page, event.id).getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Fetch the ticked' }).click();
  await expect(page.getByText('1 fetched.')).toBeVisible();
  await expect(page.getByText('Handlers refuse it')).toBeVisible();
  await expect(row(page, event.id)).toContainText('fetched');
  await page.getByRole('link', { name: event.id }).click();
  await expect(page).toHaveURL(/\/inbox\//);
  await expect(page.getByText('imported').first()).toBeVisible();
  await api.close();
});

test('what can not be asked is said', async ({ page, holdfast }) => {
  test.slow();
  await holdfast.api('/sources', { method: 'POST', body: { slug: 'bare', name: 'Bare', provider: 'github' } });
  await holdfast.api('/sources', { method: 'POST', body: { slug: 'none', name: 'None', provider: 'none' } });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources/bare/gaps`);
  await expectAccessible(page);
  await page.goto(`${holdfast.url}/sources/none/gaps`);
  await expect(page.getByText('Holdfast can ask GitHub and Stripe.')).toBeVisible();
  await expectAccessible(page);
});

test('a list longer than a look goes on, and is accessible', async ({ page, holdfast }) => {
  test.slow();
  const api = await sourceOf(holdfast, 'states', true);
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/sources/states/gaps?hours=24`);
  await expect(page.getByText('GitHub sent nothing in this time')).toBeVisible();
  await page.goto(`${holdfast.url}/sources/states/gaps?since=2026-02-01T00:00&until=2026-01-01T00:00`);
  await expect(page.getByText('From has to be a time before To.')).toBeVisible();
  const now = Date.now();
  for (let at = 0; at < 320; at++) api.list('push', new Date(now - (320 - at) * 60_000));
  await api.send('pull_request', githubDelivery('opened', 1).payload);
  await page.goto(`${holdfast.url}/sources/states/gaps?hours=24`);
  await expect(page.getByText('Looked at 300 lines, back to')).toBeVisible();
  await page.getByRole('link', { name: 'Go on, further back' }).click();
  await expect(page.getByText('Looked at 21 lines, back to')).toBeVisible();
  await expect(page.getByRole('heading', { name: '21 never arrived' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Go on, further back' })).toHaveCount(0);
  await expectAccessible(page);
  await api.close();
});
