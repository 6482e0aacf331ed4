// The helpers that sign for tests make what the providers' own libraries accept.

import { verify } from '@octokit/webhooks-methods';
import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { signedByGitHub, signedByStripe } from '../support/signing.ts';

test('a Stripe signature is accepted by the SDK, and only with its secret', () => {
  const { body, headers } = signedByStripe({ id: 'evt_1', object: 'event' }, 'whsec_right');
  const { webhooks } = new Stripe('sk_test_unused');
  const signature = headers['stripe-signature'] ?? '';
  expect(webhooks.constructEvent(body, signature, 'whsec_right').id).toBe('evt_1');
  expect(() => webhooks.constructEvent(body, signature, 'whsec_wrong')).toThrow('No signatures found');
});

test('a GitHub signature is accepted by its library, and only with its secret', async () => {
  const { body, headers } = await signedByGitHub({ zen: 'ü' }, 'right', { name: 'ping', deliveryId: 'd-1' });
  const signature = headers['x-hub-signature-256'] ?? '';
  expect(await verify('right', body, signature)).toBe(true);
  expect(await verify('wrong', body, signature)).toBe(false);
});
