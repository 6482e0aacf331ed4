// Signed Stripe bodies of 1.3 KB, each its own event, made as fast as they are sent.

import { createHmac } from 'node:crypto';

export const SECRET = 'whsec_bench_0123456789abcdef';
const PAD = 'x'.repeat(640);

/** One POST as it goes over the wire: `payment_intent.succeeded` of 1 minor unit for the account. */
export function signedPost(path: string, serial: string, accountId: number): Buffer {
  const created = Math.floor(Date.now() / 1000);
  const body =
    `{"id":"evt_${serial}","object":"event","api_version":"2026-06-30","created":${created},"livemode":false,` +
    `"pending_webhooks":1,"request":{"id":"req_${serial}","idempotency_key":"key_${serial}"},` +
    `"type":"payment_intent.succeeded","data":{"object":{"id":"pi_${serial}","object":"payment_intent","amount":1,` +
    `"amount_capturable":0,"amount_received":1,"capture_method":"automatic","confirmation_method":"automatic",` +
    `"created":${created},"currency":"usd","customer":null,"description":"${PAD}","livemode":false,` +
    `"latest_charge":"ch_${serial}","metadata":{"account_id":"${accountId}"},"status":"succeeded"}}}`;
  const mac = createHmac('sha256', SECRET).update(`${created}.${body}`).digest('hex');
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nStripe-Signature: t=${created},v1=${mac}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
