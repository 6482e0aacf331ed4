// People come in, are told no, are let go.

import { startHoldfast } from '../support/holdfast.ts';
import { expect, expectAccessible, invite, OWNER, signIn, test } from './story.ts';

test('the first owner sets Holdfast up, without JavaScript', async ({ browser }) => {
  const holdfast = await startHoldfast();
  const link = /http\S+\/setup\?token=\S+/.exec(holdfast.output())?.[0] ?? '';
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(`${holdfast.url}/`);
  await expect(page).toHaveURL(/\/setup$/);
  await page.goto(link);
  await page.getByLabel('Email').fill('first@example.com');
  await page.getByLabel('Password').fill('first@example.com');
  await page.getByRole('button', { name: 'Set up Holdfast' }).click();
  await expect(page.getByText('The password is the email address')).toBeVisible();
  await expect(page.getByLabel('Email')).toHaveValue('first@example.com');
  await page.getByLabel('Password').fill('a better one');
  await page.getByRole('button', { name: 'Set up Holdfast' }).click();
  await expect(page).toHaveURL(/\/sources\/new$/);
  await page.context().clearCookies();
  await page.goto(link);
  await expect(page).toHaveURL(/\/login$/);
  await holdfast.stop();
});

test('who signs in gets back to where they wanted to go, and never anywhere else', async ({ page, holdfast }) => {
  await page.goto(`${holdfast.url}/accounts?x=1`);
  await expect(page).toHaveURL(/\/login\?to=/);
  await page.getByLabel('Email').fill(OWNER.email);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('Email or password is wrong.');
  await expect(page.getByLabel('Email')).toHaveValue(OWNER.email);
  await page.getByLabel('Password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${holdfast.url}/accounts?x=1`);
  for (const to of ['//evil.example', 'https://evil.example/', String.raw`/\evil.example`]) {
    await page.context().clearCookies();
    await page.goto(`${holdfast.url}/login?to=${encodeURIComponent(to)}`);
    await page.getByLabel('Email').fill(OWNER.email);
    await page.getByLabel('Password').fill(OWNER.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(`${holdfast.url}/inbox`);
  }
});

test('signing out ends the session, not only the cookie', async ({ page, holdfast }) => {
  await signIn(page, holdfast);
  const cookies = await page.context().cookies();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/login$/);
  await page.context().addCookies(cookies);
  await page.goto(`${holdfast.url}/accounts`);
  await expect(page).toHaveURL(/\/login/);
});

test('a one-time link is good once, and a member sees no more than a member may', async ({
  page,
  browser,
  holdfast
}) => {
  await signIn(page, holdfast);
  const member = await invite(browser, page, { holdfast, email: 'member@example.com', role: 'member' });
  const link = await page.getByRole('group', { name: 'one-time link' }).innerText();
  await expect(member).toHaveURL(`${holdfast.url}/inbox`);

  const again = await (await browser.newContext()).newPage();
  await again.goto(link);
  await expect(again.getByRole('heading', { name: 'This link is not good any more' })).toBeVisible();

  await member.goto(`${holdfast.url}/sources`);
  await expect(member.getByRole('heading', { name: 'Sources', level: 1 })).toBeVisible();
  await expect(member.getByRole('link', { name: 'New source' })).toHaveCount(0);
  await expect(member.getByText('Requests to unknown sources')).toHaveCount(0);
  for (const path of ['/sources/new', '/settings/users', '/settings/keys', '/settings/audit']) {
    expect((await member.goto(`${holdfast.url}${path}`))?.status(), path).toBe(403);
  }
  const headers = { origin: holdfast.url };
  for (const [path, form] of Object.entries({
    '/accounts?/create': { name: 'Mine', currency: 'usd', owner_email: '', stripe_customer: '' },
    '/destinations?/create': { name: 'mine', url: 'https://example.com/' },
    '/sources/new': { name: 'Mine', provider: 'none', secret: '' },
    '/settings/keys?/create': { name: 'mine', role: 'viewer', days: '0' },
    '/settings/users?/invite': { email: 'me@example.com', role: 'owner' }
  })) {
    const answer = await member.request.post(`${holdfast.url}${path}`, { form, headers });
    expect(answer.status(), path).toBe(403);
  }

  await page.goto(`${holdfast.url}/settings/users`);
  await page.getByRole('button', { name: 'Change member@example.com' }).click();
  await page.getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByText('member@example.com is disabled and signed out everywhere.')).toBeVisible();
  await member.goto(`${holdfast.url}/inbox`);
  await expect(member).toHaveURL(/\/login/);
});

test('the last owner stays an owner', async ({ page, holdfast }) => {
  await signIn(page, holdfast);
  const form = { id: '1', role: 'viewer' };
  await page.request.post(`${holdfast.url}/settings/users?/role`, { form, headers: { origin: holdfast.url } });
  await page.goto(`${holdfast.url}/settings/users`);
  await expect(page.getByRole('row', { name: OWNER.email })).toContainText('owner');
});

test('a key is shown once, works, and stops when it is revoked', async ({ page, holdfast }) => {
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/settings/keys`);
  await page.getByLabel('Name').fill('nightly export');
  await page.getByRole('button', { name: 'Make the key' }).click();
  const key = await page.getByRole('group', { name: 'API key' }).innerText();
  const ask = async () => {
    const headers = { authorization: `Bearer ${key}` };
    return (await fetch(`${holdfast.url}/api/v1/sources`, { headers })).status;
  };
  expect(await ask()).toBe(200);
  await page.reload();
  await expect(page.getByText(key)).toHaveCount(0);
  await page.getByRole('button', { name: 'Revoke the key nightly export' }).click();
  await page.getByRole('button', { name: 'Revoke nightly export' }).click();
  await expect(page.getByText('The key is revoked')).toBeVisible();
  await expect.poll(ask).toBe(401);
});

test('the colours are right from the first byte, and switch without JavaScript too', async ({ browser, holdfast }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/accounts`);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'system');
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect(page).toHaveURL(`${holdfast.url}/accounts`);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.locator('body')).toHaveCSS('background-color', 'rgb(15, 19, 18)');
});

test('every page of people is accessible, wide and narrow, light and dark', async ({ page, holdfast }) => {
  test.slow();
  await page.goto(`${holdfast.url}/login`);
  await expectAccessible(page);
  await page.goto(`${holdfast.url}/password/none`);
  await expectAccessible(page);
  await signIn(page, holdfast);
  for (const path of ['/settings', '/settings/users', '/settings/keys', '/settings/audit', '/nowhere']) {
    await page.goto(`${holdfast.url}${path}`);
    await expectAccessible(page);
  }
});

test('on a narrow page the menu opens, leads on and closes, with the keyboard alone', async ({ page, holdfast }) => {
  await signIn(page, holdfast);
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(`${holdfast.url}/accounts`);
  await expect(page.getByRole('link', { name: 'Sources' })).toBeHidden();
  await page.getByRole('button', { name: 'Menu' }).press('Enter');
  await page.getByRole('link', { name: 'Sources' }).press('Enter');
  await expect(page).toHaveURL(`${holdfast.url}/sources`);
  await expect(page.getByRole('link', { name: 'Destinations' })).toBeHidden();
});
