// A message that came before its source had the right secret: what is wrong, the secret, verified again, delivered.

import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { expect, expectAccessible, signIn, test } from './story.ts';

const RIGHT = 'whsec_the_right_one';

test('a wrong secret is mended on the screens, without JavaScript too, and the balance moves', async ({
  page,
  browser,
  holdfast
}) => {
  const slug = `mend-${Date.now().toString(36)}`;
  await holdfast.api('/sources', { method: 'POST', body: { slug, provider: 'stripe', secrets: 'whsec_another_one' } });
  const made = await holdfast.api('/accounts', { method: 'POST', body: { name: 'Ada', currency: 'usd' } });
  const { id: accountId } = made.body as { id: number };
  const event = stripePayment({ accountId, amount: 1234 }).succeeded();
  const { body, headers } = signedByStripe(event, RIGHT);
  const answer = await fetch(`${holdfast.url}/in/${slug}`, { method: 'POST', headers, body });
  expect(answer.status).toBe(401);
  const { id } = (await answer.json()) as { id: string };

  await signIn(page, holdfast);
  const plain = await (
    await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() })
  ).newPage();
  await plain.goto(`${holdfast.url}/inbox/${id}`);
  await plain.getByRole('button', { name: 'Verify again' }).click();
  await expect(plain.getByRole('alert')).toContainText('still invalid');
  await plain.context().close();

  await page.goto(`${holdfast.url}/inbox/${id}`);
  await expect(page.getByText('This message did not pass verification.')).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('link', { name: /the secrets of/ }).click();
  await page.getByLabel(/^New /).fill(RIGHT);
  await page.getByRole('button', { name: 'Rotate' }).click();
  await expect(page.getByRole('button', { name: /^End now/ })).toHaveCount(2);

  await page.goto(`${holdfast.url}/inbox/${id}`);
  await page.getByRole('button', { name: 'Verify again' }).click();
  await expect(page.getByText('It is valid, and on its way to 1 destination')).toBeVisible();
  await expect(page.getByText('This message did not pass verification.')).toHaveCount(0);
  await expect(page.getByRole('region', { name: 'What happened' })).toContainText('Credited');
  expect((await holdfast.api(`/accounts/${accountId}`)).body).toMatchObject({ balance: 1234 });
});
