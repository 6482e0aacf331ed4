// Edit and send: a message is changed on its page, previewed, sent to a destination, and both say where they come from.

import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { expect, expectAccessible, invite, signIn, test } from './story.ts';

const SECRET = 'whsec_edit';

test('a message is edited, previewed and sent, without JavaScript too; a viewer is not offered it', async ({
  page,
  browser,
  holdfast
}) => {
  test.slow();
  const slug = `edit-${Date.now().toString(36)}`;
  const orders = `Orders ${slug}`;
  await holdfast.api('/sources', { method: 'POST', body: { slug, provider: 'stripe', secrets: SECRET } });
  const made = await holdfast.api('/accounts', { method: 'POST', body: { name: 'Ada', currency: 'usd' } });
  const { id: accountId } = made.body as { id: number };
  await holdfast.api('/destinations', { method: 'POST', body: { name: orders, url: 'https://orders.example/hook' } });
  const { body, headers } = signedByStripe(stripePayment({ accountId, amount: 1200 }).succeeded(), SECRET);
  const sent = `${body.slice(0, -1)},\n\n "more": "1 < 2"}`;
  const resigned = signedByStripe(sent, SECRET);
  const answer = await fetch(`${holdfast.url}/in/${slug}`, {
    method: 'POST',
    headers: { ...headers, ...resigned.headers },
    body: sent
  });
  const { id } = (await answer.json()) as { id: string };

  await signIn(page, holdfast);
  const viewer = await invite(browser, page, { holdfast, email: `viewer-${slug}@example.com`, role: 'viewer' });
  await viewer.goto(`${holdfast.url}/inbox/${id}?edit`);
  await expect(viewer.getByRole('heading', { name: 'What happened' })).toBeVisible();
  await expect(viewer.getByText('Edit and send')).toHaveCount(0);

  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${holdfast.url}/inbox/${id}`);
  await page.getByRole('link', { name: 'Edit and send' }).click();
  const form = page.getByRole('region', { name: 'Edit and send' });
  const field = form.getByLabel('Body');
  await expect(field).toHaveValue(sent);
  await expect(form.getByLabel('Headers')).not.toHaveValue(/stripe-signature/i);
  await field.fill(sent.replace('"amount_received":1200', '"amount_received":9900').replace('"more"', 'more'));
  await expect(form.getByRole('status').first()).toContainText('Not JSON from line 3, column 2 on.');
  await field.fill(sent.replace('"amount_received":1200', '"amount_received":9900'));
  await expect(form.getByRole('status').first()).toHaveText('');
  await form.getByLabel(orders).check();
  await form.getByRole('button', { name: 'Preview' }).click();
  await expect(form).toContainText('https://orders.example/hook');
  await expect(form).toContainText('handlers take only what was received valid');
  await expect(field).toHaveValue(/9900/);
  await form.getByRole('button', { name: 'Send the edited message' }).click();
  await expect(page).not.toHaveURL(new RegExp(id));
  await expect(page.getByText('Made: edited')).toBeVisible();
  await expect(page.getByText('no sender signed it')).toBeVisible();
  await page.getByRole('link', { name: 'Open the message it was made from' }).click();
  await expect(page).toHaveURL(new RegExp(id));
  await expect(page.getByRole('link', { name: 'as another message' })).toHaveCount(1);
  expect((await holdfast.api(`/accounts/${accountId}`)).body).toMatchObject({ balance: 1200 });
  await page.goto(`${holdfast.url}/inbox/${id}?edit`);
  await expectAccessible(page);

  const plain = await (
    await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() })
  ).newPage();
  await plain.goto(`${holdfast.url}/inbox/${id}?edit`);
  await plain.getByLabel(orders).check();
  await plain.getByRole('button', { name: 'Preview' }).click();
  await expect(plain.getByText('https://orders.example/hook').last()).toBeVisible();
  await expect(plain.getByLabel(orders)).toBeChecked();
  await plain.getByLabel(orders).uncheck();
  await plain.getByRole('button', { name: 'Send the edited message' }).click();
  await expect(plain.getByRole('alert')).toContainText('Choose at least one HTTP destination');
  await plain.getByLabel(orders).check();
  await plain.getByRole('button', { name: 'Send the edited message' }).click();
  await expect(plain.getByText('Made: edited')).toBeVisible();
  // Nobody changed it: the same bytes, whatever a form makes of line breaks.
  const edited = new URL(plain.url()).pathname.split('/').at(-1) ?? '';
  const bytes = await plain.request.get(`${holdfast.url}/api/v1/messages/${edited}/body`);
  expect(await bytes.text()).toBe(sent);
  await plain.context().close();
});
