// Requests signed as the providers sign them, by their own libraries.

import { sign } from '@octokit/webhooks-methods';
import Stripe from 'stripe';

export interface SignedBody {
  body: string;
  headers: Record<string, string>;
}

const stripe = new Stripe('sk_test_unused');

/**
 * A Stripe webhook.
 * @param event what to send; a text is sent as it is
 * @param signedAt Unix seconds; now by default
 */
export function signedByStripe(event: object | string, secret: string, signedAt?: number): SignedBody {
  const body = typeof event === 'string' ? event : JSON.stringify(event);
  const timestamp = signedAt ?? Math.floor(Date.now() / 1000);
  const signature = stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
  return { body, headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature } };
}

/**
 * A GitHub webhook.
 * @param name the event's name: `pull_request`
 * @param deliveryId its X-GitHub-Delivery
 */
export async function signedByGitHub(
  payload: object | string,
  secret: string,
  { name, deliveryId }: { name: string; deliveryId: string }
): Promise<SignedBody> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/0000000',
    'x-github-event': name,
    'x-github-delivery': deliveryId,
    'x-hub-signature-256': await sign(secret, body)
  };
  return { body, headers };
}
