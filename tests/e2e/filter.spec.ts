// The filter of a connection: completion from what came, tried while one edits, saved; without JavaScript by a button.

import { expect, expectAccessible, signIn, test } from './story.ts';

test('a filter is edited in rows and as JSON, and says what it would have matched', async ({
  page,
  browser,
  holdfast
}) => {
  test.slow();
  const slug = `filter-${Date.now().toString(36)}`;
  await holdfast.api('/sources', { method: 'POST', body: { slug, name: slug, provider: 'none' } });
  const { body } = await holdfast.api('/destinations', {
    ...{ method: 'POST', body: { name: `Orders ${slug}`, url: 'https://orders.example/hook' } }
  });
  const { id: destination } = body as { id: number };
  const made = await holdfast.api('/connections', { method: 'POST', body: { source: slug, destination } });
  const { id } = made.body as { id: number };
  for (const amount of [5, 50, 500, 5000]) {
    const sent = JSON.stringify({ type: 'order.made', data: { amount, currency: amount > 100 ? 'usd' : 'eur' } });
    const headers = { 'content-type': 'application/json', 'x-env': 'live' };
    expect((await fetch(`${holdfast.url}/in/${slug}`, { method: 'POST', headers, body: sent })).status).toBe(200);
  }
  const filterNow = async () => ((await holdfast.api(`/connections/${id}`)).body as { filter: unknown }).filter;

  await signIn(page, holdfast);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${holdfast.url}/destinations`);
  await page.getByRole('link', { name: `Filter of ${slug} to Orders ${slug}` }).click();
  await expect(page.getByText('Would have matched 4 of the last 4')).toBeVisible();
  const offered = page.locator('datalist option[value="json:data.amount"]');
  await expect(offered).toHaveCount(1);
  await expect(page.locator('datalist option[value="header:x-env"]')).toHaveCount(1);
  await page.getByLabel('Field 1').fill('json:data.amount');
  await page.getByLabel('Test 1').selectOption('above');
  await page.getByLabel('Value 1').fill('a lot');
  await expect(page.getByText('"a lot" is no number')).toBeVisible();
  await page.getByLabel('Value 1').fill('40');
  await expect(page.getByText('Would have matched 3 of the last 4')).toBeVisible();
  await page.getByLabel('Field 2').fill('json:data.currency');
  await page.getByLabel('Value 2').fill('usd');
  await expect(page.getByText('Would have matched 2 of the last 4')).toBeVisible();
  await expect(page.getByRole('list', { name: 'The newest messages' }).getByText('passes')).toHaveCount(2);
  await page.getByRole('button', { name: 'Save the filter' }).click();
  await expect(page).toHaveURL(/\/destinations$/);
  await expect(page.getByText('json:data.amount above 40')).toBeVisible();
  expect(await filterNow()).toEqual({
    conditions: [
      { field: 'json:data.amount', test: 'above', value: 40 },
      { field: 'json:data.currency', test: 'equals', value: 'usd' }
    ]
  });

  const either = {
    any: [
      { field: 'json:data.amount', test: 'below', value: 10 },
      { not: { field: 'header:x-env', test: 'exists', value: true } }
    ]
  };
  await page.goto(`${holdfast.url}/connections/${id}?as=text`);
  const text = page.getByLabel('Filter as JSON');
  await text.fill('{');
  await expect(page.getByText('This is not JSON')).toBeVisible();
  await text.fill(JSON.stringify({ conditions: [either, { field: 'x', test: 'exists', value: true }] }));
  await expect(page.getByText('header:<name> or json:<keys joined by dots> is needed')).toBeVisible();
  await text.fill(JSON.stringify({ conditions: [either] }));
  await expect(page.getByText('Would have matched 1 of the last 4')).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });

  const plain = await (
    await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() })
  ).newPage();
  await plain.goto(`${holdfast.url}/connections/${id}`);
  await expect(plain.getByLabel('Value 1')).toHaveValue('40');
  await plain.getByLabel('Value 1').fill('1000');
  await plain.getByRole('button', { name: 'Check' }).click();
  await expect(plain.getByText('Would have matched 1 of the last 4')).toBeVisible();
  await expect(plain.getByLabel('Value 1')).toHaveValue('1000');
  expect(await filterNow()).not.toMatchObject({ conditions: [{ value: 1000 }] });
  await plain.goto(`${holdfast.url}/connections/${id}?as=text`);
  await plain.getByLabel('Filter as JSON').fill(JSON.stringify({ conditions: [either] }));
  await plain.getByRole('button', { name: 'Save the filter' }).click();
  await expect(plain).toHaveURL(/\/destinations$/);
  expect(await filterNow()).toEqual({ conditions: [either] });
  await plain.context().close();

  // Nested: there are no rows for it.
  await page.goto(`${holdfast.url}/connections/${id}`);
  await expect(page.getByLabel('Filter as JSON')).toHaveValue(/"any"/);
  await page.getByLabel('Filter as JSON').fill('null');
  await page.getByRole('button', { name: 'Save the filter' }).click();
  await expect(page).toHaveURL(/\/destinations$/);
  await page.goto(`${holdfast.url}/connections/${id}`);
  await expect(page.getByLabel('Field 1')).toHaveValue('');
  await expectAccessible(page);
});
