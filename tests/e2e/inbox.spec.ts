// The inbox: what comes shows by itself, and can be found, paged and walked through.

import { request } from 'node:http';
import type { Page } from 'playwright/test';
import { startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { expect, expectAccessible, OWNER, signIn, test } from './story.ts';

let made = 0;

/** A source that verifies nothing; its slug. */
async function aSource(holdfast: Holdfast): Promise<string> {
  const slug = `plain-${++made}-${Date.now().toString(36)}`;
  await holdfast.api('/sources', { method: 'POST', body: { slug, provider: 'none' } });
  return slug;
}

/** Posts to the door; the message's id. */
async function post(holdfast: Holdfast, place: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sending = request(`${holdfast.url}/in/${place}`, { method: 'POST', headers }, (response) => {
      let answer = '';
      response.on('data', (part) => (answer += String(part)));
      response.on('end', () => resolve((JSON.parse(answer) as { id: string }).id));
    });
    sending.on('error', reject);
    sending.end(text);
  });
}

const rows = (page: Page) => page.locator('[data-row]');
const live = (page: Page) => page.getByRole('button', { name: /^(Live|Paused)/ });

test('an empty inbox says where to send to, and shows the first message by itself', async ({ page }) => {
  const holdfast = await startHoldfast({ env: { ADMIN_EMAIL: OWNER.email, ADMIN_PASSWORD: OWNER.password } });
  try {
    await signIn(page, holdfast);
    await expect(page.getByRole('heading', { name: 'Waiting for the first message' })).toBeVisible();
    const url = await page.getByRole('group', { name: /^URL of/ }).innerText();
    await expect(page.getByRole('group', { name: 'curl line' })).toContainText(url);
    await expect(live(page)).toHaveText(/Live/);
    await expectAccessible(page);
    await expect(live(page)).toHaveText(/Live/);
    await post(holdfast, url.split('/in/')[1] ?? '', { hello: 'world' });
    await expect(rows(page)).toHaveCount(1);
    await expectAccessible(page);
  } finally {
    await page.goto('about:blank');
    await holdfast.stop();
  }
});

test('what is posted to the door is on an open inbox without reload, in milliseconds', async ({ page, holdfast }) => {
  const slug = await aSource(holdfast);
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/inbox?source=${slug}`);
  await expect(live(page)).toHaveText('Live');
  await page.evaluate(() => {
    const seen: Record<string, number> = {};
    Reflect.set(globalThis, 'seen', seen);
    new MutationObserver(() => {
      const now = performance.timeOrigin + performance.now();
      for (const row of document.querySelectorAll<HTMLElement>('[data-row]')) seen[row.dataset['row'] ?? ''] ??= now;
    }).observe(document.body, { childList: true, subtree: true });
  });
  const sent = new Map<string, number>();
  for (let n = 0; n < 25; n++) {
    const at = performance.timeOrigin + performance.now();
    const id = await post(holdfast, slug, { n });
    sent.set(id, at);
    // One after another, each waited for: never more than 20 a second.
    await expect(page.locator(`[data-row="${id}"]`)).toBeVisible();
    await page.waitForTimeout(40);
  }
  const seen = await page.evaluate(() => Reflect.get(globalThis, 'seen') as Record<string, number>);
  const delays = [...sent].map(([id, at]) => (seen[id] ?? Number.NaN) - at).sort((a, b) => a - b);
  const at = (share: number) => (delays[Math.floor(share * (delays.length - 1))] ?? Number.NaN).toFixed(1);
  console.log(`POST → DOM of ${delays.length}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  expect(delays.every((delay) => delay < 2000)).toBe(true);
  await expect(rows(page).first()).toContainText(slug);
  await expect(rows(page)).toHaveCount(25);
});

test('above 20 a second it only counts, and goes on when it is quiet again', async ({ page, holdfast }) => {
  const slug = await aSource(holdfast);
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/inbox?source=${slug}`);
  await expect(live(page)).toHaveText('Live');
  await Promise.all(Array.from({ length: 60 }, (_, n) => post(holdfast, slug, { n })));
  await expect(live(page)).toContainText('more than 20 a second');
  await expect(page.getByRole('button', { name: /^↑ \d+ new$/ })).toBeVisible();
  expect(await rows(page).count()).toBeLessThan(60);
  await expect(live(page)).toHaveText('Live');
  await expect(rows(page)).toHaveCount(60);
});

test('filters are the URL: a choice applies at once, nothing found leads back', async ({ page, holdfast }) => {
  const [one, other] = [await aSource(holdfast), await aSource(holdfast)];
  await post(holdfast, `${one}/orders`, { order: 'needle-in-the-body' });
  await post(holdfast, other, { order: 2 });
  await signIn(page, holdfast);
  await page.getByLabel('Source').selectOption(one);
  await page.waitForURL(`**/inbox?source=${one}`);
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Search' }).fill('needle-in');
  await page.keyboard.press('Enter');
  await page.waitForURL('**q=needle-in**');
  await expect(rows(page)).toHaveCount(1);
  await page.getByLabel('Status').selectOption('Failed');
  await expect(page.getByRole('heading', { name: /^0 of .*match$/ })).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goBack();
  await page.goBack();
  await page.getByRole('link', { name: 'Clear' }).click();
  await page.waitForURL('**/inbox');
  await expect(rows(page).nth(1)).toBeVisible();
  await page.goto(`${holdfast.url}/inbox?status=broken`);
  await expect(page.getByText('status is "broken"')).toBeVisible();
});

test('pages go both ways without a gap or a repeat', async ({ page, holdfast }) => {
  const slug = await aSource(holdfast);
  for (let n = 0; n < 60; n++) await post(holdfast, slug, { n });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/inbox?source=${slug}`);
  const ids = async () => rows(page).evaluateAll((list) => list.map((row) => row.dataset['row']));
  await expect(rows(page)).toHaveCount(50);
  const first = await ids();
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(rows(page)).toHaveCount(10);
  expect(new Set([...first, ...(await ids())]).size).toBe(60);
  await expect(live(page)).toContainText('not the newest page');
  await post(holdfast, slug, { n: 60 });
  await expect(page.getByRole('link', { name: '↑ 1 new' })).toBeVisible();
  await page.getByRole('link', { name: 'Newer' }).click();
  await expect.poll(ids).toEqual(first);
  await page.getByRole('link', { name: 'Newer' }).click();
  await page.waitForURL(`**/inbox?source=${slug}`);
  await expect(live(page)).toHaveText('Live');
  expect((await ids())[1]).toBe(first[0]);
});

test('opening a row neither scrolls the list nor takes its focus, and what is new waits', async ({
  page,
  holdfast
}) => {
  const slug = await aSource(holdfast);
  for (let n = 0; n < 40; n++) await post(holdfast, slug, { n });
  await page.setViewportSize({ width: 1440, height: 700 });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/inbox?source=${slug}`);
  await expect(live(page)).toHaveText('Live');
  await rows(page).nth(30).scrollIntoViewIfNeeded();
  const place = () =>
    rows(page)
      .first()
      .evaluate((row) => row.getBoundingClientRect().top);
  const before = await place();
  await rows(page).nth(30).click();
  await expect(page.getByRole('region', { name: 'Message', exact: true })).toBeVisible();
  await expect(rows(page).nth(30)).toBeFocused();
  expect(await place()).toBe(before);
  await post(holdfast, slug, { n: 'new' });
  await expect(page.getByRole('button', { name: '↑ 1 new' })).toBeVisible();
  expect(await place()).toBe(before);
  await page.getByRole('button', { name: '↑ 1 new' }).click();
  await expect(rows(page)).toHaveCount(41);
  await page.goBack();
  await expect(page.getByRole('region', { name: 'Message', exact: true })).toHaveCount(0);
});

test('by keyboard, and not when single keys are switched off', async ({ page, holdfast }) => {
  const slug = await aSource(holdfast);
  for (let n = 0; n < 3; n++) await post(holdfast, slug, { n });
  await signIn(page, holdfast);
  await page.goto(`${holdfast.url}/inbox?source=${slug}`);
  await expect(live(page)).toHaveText('Live');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(rows(page).nth(1)).toBeFocused();
  await expect(live(page)).toContainText('a row has the focus');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/inbox\/[0-9a-f-]{36}\?source=/);
  await page.keyboard.press('Escape');
  await page.waitForURL(`**/inbox?source=${slug}`);
  await expect(rows(page).nth(1)).toBeFocused();
  await page.keyboard.press('k');
  await expect(rows(page).first()).toBeFocused();
  await page.keyboard.press('.');
  await expect(live(page)).toHaveText('Live');
  await page.keyboard.press('l');
  await expect(live(page)).toContainText('switched off');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys of the inbox' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('jkl');
  await expect(page.getByRole('searchbox', { name: 'Search' })).toHaveValue('jkl');

  await page.context().addCookies([{ name: 'shortcuts', value: 'off', url: holdfast.url }]);
  await page.reload();
  await expect(live(page)).toHaveText('Live');
  await page.keyboard.press('j');
  await page.keyboard.press('l');
  await expect(live(page)).toHaveText('Live');
});

test('without JavaScript: list, filter, page, read', async ({ browser, holdfast }) => {
  const slug = await aSource(holdfast);
  for (let n = 0; n < 52; n++) await post(holdfast, slug, { n: `number ${n}` });
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await signIn(page, holdfast);
  await page.getByLabel('Source').selectOption(slug);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(rows(page)).toHaveCount(50);
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(rows(page)).toHaveCount(2);
  await rows(page).last().click();
  await expect(page.getByRole('group', { name: 'Body' })).toContainText('"number 0"');
  await page.getByRole('link', { name: 'Close' }).click();
  await expect(rows(page)).toHaveCount(2);
  await page.context().close();
});
