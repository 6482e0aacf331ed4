// What the stories share: a Holdfast of their own, people who sign in, and a page on which nothing may complain.

import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Browser, type Page } from 'playwright/test';
import { endLeftHoldfasts, startHoldfast, type Holdfast } from '../support/holdfast.ts';

export { expect };

export const OWNER = { email: 'owner@example.com', password: 'a password for tests' };

export interface Person {
  email: string;
  password: string;
}

/** `holdfast` is one server for all stories of a file; `page` fails a story that logs an error in the browser. */
export const test = base.extend<{ page: Page; complaints: string[] }, { holdfast: Holdfast }>({
  holdfast: [
    // Playwright wants a pattern as the first parameter, also where nothing of it is needed.
    async ({ browser: _ }, use) => {
      const holdfast = await startHoldfast({
        env: {
          ...{ ADMIN_EMAIL: OWNER.email, ADMIN_PASSWORD: OWNER.password },
          ALLOW_PRIVATE_DESTINATIONS: '127.0.0.0/8'
        }
      });
      await use(holdfast);
      await holdfast.stop();
      await endLeftHoldfasts();
    },
    { scope: 'worker' }
  ],
  complaints: async ({ browser: _ }, use) => {
    const complaints: string[] = [];
    await use(complaints);
    expect(complaints).toEqual([]);
  },
  page: async ({ page, complaints }, use) => {
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // What the server refuses on purpose the browser logs by itself.
      const isRefusal = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isRefusal) complaints.push(message.text());
    });
    await use(page);
  }
});

/** Signs in by the form and waits for the page behind it. */
export async function signIn(page: Page, holdfast: Holdfast, person: Person = OWNER): Promise<void> {
  await page.goto(`${holdfast.url}/login`);
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).not.toHaveURL(/\/login/, { timeout: 20_000 });
}

/** Makes a user by a one-time link, and signs them in in a browser of their own. */
export async function invite(
  browser: Browser,
  owner: Page,
  { holdfast, email, role }: { holdfast: Holdfast; email: string; role: string }
): Promise<Page> {
  await owner.goto(`${holdfast.url}/settings/users`);
  await owner.getByLabel('Email').fill(email);
  await owner.getByLabel('Role').first().selectOption(role);
  await owner.getByRole('button', { name: 'Invite' }).click();
  const link = await owner.getByRole('group', { name: 'one-time link' }).innerText();
  const page = await (await browser.newContext()).newPage();
  await page.goto(link);
  await page.getByLabel('New password').fill('a password of my own');
  await page.getByRole('button', { name: 'Save and sign in' }).click();
  await expect(page).not.toHaveURL(/\/password\//, { timeout: 20_000 });
  return page;
}

const THEMES = ['light', 'dark'] as const;
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 }
];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The page in light and dark, wide and narrow: no axe violation, and nothing to scroll sideways for. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const theme of THEMES) {
    await page.context().addCookies([{ name: 'theme', value: theme, url: page.url() }]);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await page.reload();
      const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
      const found = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
      expect(found, `${page.url()} in ${theme}, ${size.width} px`).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${page.url()} at ${size.width} px is too wide`).toBeLessThanOrEqual(0);
    }
  }
}
