// Payments by card and wallet.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const merchantsRows: readonly ProviderRow[] = [
  preset({
    slug: 'stripe-v2',
    name: 'Stripe thin events (v2)',
    family: 'ts-kv',
    confidence: 'source',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'Workbench → Webhooks → Add destination → thin events',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Stripe-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['json:id'], type: ['json:type'] }
  }),
  preset({
    slug: 'adyen-platform',
    name: 'Adyen for Platforms, Banking, Management',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'HMAC key (hexadecimal)',
    settingsPath: 'Customer Area → Developers → Webhooks → + Webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:HmacSignature', encoding: 'base64', key: 'hex' }],
    identity: { id: [], type: ['json:type'] }
  }),
  preset({
    slug: 'lemonsqueezy',
    name: 'Lemon Squeezy',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'signing secret',
    settingsPath: 'Settings → Webhooks → +',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Signature' }],
    identity: { id: [], type: ['header:X-Event-Name', 'json:meta.event_name'] }
  }),
  preset({
    slug: 'mollie',
    name: 'Mollie (next-generation webhooks)',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'signing secret',
    settingsPath: 'Developers → Webhooks → Create webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Mollie-Signature', prefix: 'sha256=' }],
    identity: { id: ['json:id'], type: ['json:type'] }
  }),
  preset({
    slug: 'coinbase-cdp',
    name: 'Coinbase Developer Platform',
    family: 'ts-kv',
    confidence: 'public',
    secretLabel: 'webhook secret (metadata.secret)',
    settingsPath: 'POST /v2/data/webhooks/subscriptions of its API, with this URL',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-Hook0-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v0' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['json:id'], type: ['json:type'] }
  }),
  preset({
    slug: 'hook0',
    name: 'Hook0 senders',
    family: 'ts-kv',
    confidence: 'source',
    secretLabel: 'subscription secret',
    settingsPath: 'The sender’s webhook portal → Subscriptions',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-Hook0-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v0' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['header:X-Event-Id'], type: ['header:X-Event-Type'] }
  }),
  preset({
    slug: 'recurly',
    name: 'Recurly (JSON webhooks)',
    family: 'ts-pos',
    confidence: 'public',
    secretLabel: 'endpoint secret',
    settingsPath: 'Integrations → Webhooks → New endpoint',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:recurly-signature',
        parts: { separator: ',', delimiter: '', name: '' },
        signed: '{ts}.{body}',
        timestamp: { part: '', unit: 'ms', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['header:recurly-notification-id', 'json:uuid'], type: [['json:object_type', 'json:event_type']] }
  }),
  preset({
    slug: 'gocardless',
    name: 'GoCardless',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'webhook endpoint secret',
    settingsPath: 'Developers → Create → Webhook endpoint',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:Webhook-Signature' }],
    identity: { id: ['json:meta.webhook_id'], type: [['json:events.0.resource_type', 'json:events.0.action']] },
    refusedReply: { status: 498 }
  }),
  preset({
    slug: 'modern-treasury',
    name: 'Modern Treasury',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'webhook key',
    settingsPath: 'Settings → Developers → Webhooks → Add endpoint',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Signature' }],
    identity: { id: ['header:X-Event-Id'], type: ['json:event'] }
  }),
  preset({
    slug: 'checkout-com',
    name: 'Checkout.com',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'signature key',
    settingsPath: 'Developers → Webhooks → New workflow',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:Cko-Signature' }],
    identity: { id: ['json:id'], type: ['json:type'] }
  }),
  preset({
    slug: 'dwolla',
    name: 'Dwolla',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook subscription secret',
    settingsPath: 'POST /webhook-subscriptions of Dwolla’s API, with this URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Request-Signature-SHA-256' }],
    identity: { id: ['json:id'], type: ['header:X-Dwolla-Topic', 'json:topic'] }
  })
];
