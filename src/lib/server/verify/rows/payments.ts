// Payments.

import type { ProviderRow } from '../row.ts';

export const paymentRows: readonly ProviderRow[] = [
  {
    slug: 'stripe',
    name: 'Stripe',
    family: 'ts-kv',
    confidence: 'vector',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'Workbench → Webhooks → Add destination → Webhook endpoint',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        proof: 'stripe-sdk',
        signature: 'header:Stripe-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['json:id'], type: ['json:type'] },
    sample: {
      body: {
        id: 'evt_{id}',
        object: 'event',
        api_version: '2025-09-30.clover',
        created: '{now}',
        data: {
          object: {
            id: 'pi_{id}',
            object: 'payment_intent',
            amount: 1999,
            amount_received: 1999,
            currency: 'usd',
            customer: null,
            description: 'A test payment',
            latest_charge: 'ch_{id}',
            livemode: false,
            metadata: {},
            status: 'succeeded'
          }
        },
        livemode: false,
        pending_webhooks: 1,
        request: { id: null, idempotency_key: null },
        type: 'payment_intent.succeeded'
      }
    }
  },
  {
    slug: 'paddle',
    name: 'Paddle Billing',
    family: 'ts-kv',
    confidence: 'vector',
    secretLabel: 'endpoint secret key (pdl_ntfset_…)',
    settingsPath: 'Developer tools → Notifications → New destination',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Paddle-Signature',
        parts: { separator: ';', delimiter: '=', name: 'h1' },
        signed: '{ts}:{body}',
        // Its SDK allows 5 s, which is less than clocks are often apart; the event's id already stops a replay.
        timestamp: { part: 'ts', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['json:event_id'], type: ['json:event_type'] },
    sample: {
      body: {
        event_id: 'evt_{id}',
        event_type: 'transaction.completed',
        occurred_at: '{now_iso}',
        notification_id: 'ntf_{id}',
        data: { id: 'txn_{id}', status: 'completed', currency_code: 'USD', details: { totals: { total: '1999' } } }
      }
    }
  },
  {
    slug: 'adyen',
    name: 'Adyen',
    family: 'in-body',
    confidence: 'vector',
    secretLabel: 'HMAC key (hexadecimal)',
    settingsPath: 'Customer Area → Developers → Webhooks → + Webhook',
    covers:
      'Payments: reference, account, amount, event code and success of each item, nothing else. Platforms: the whole body.',
    schemes: [
      { signature: 'header:HmacSignature', encoding: 'base64', key: 'hex' },
      {
        each: 'notificationItems',
        signature: 'json:NotificationRequestItem.additionalData.hmacSignature',
        encoding: 'base64',
        key: 'hex',
        signed: [
          'pspReference',
          'originalReference',
          'merchantAccountCode',
          'merchantReference',
          'amount.value',
          'amount.currency',
          'eventCode',
          'success'
        ]
          .map((field) => `{json:NotificationRequestItem.${field}?}`)
          .join(':')
      }
    ],
    identity: {
      id: [
        [
          'json:notificationItems.0.NotificationRequestItem.pspReference',
          'json:notificationItems.0.NotificationRequestItem.eventCode',
          'json:notificationItems.0.NotificationRequestItem.success'
        ]
      ],
      type: ['json:notificationItems.0.NotificationRequestItem.eventCode', 'json:type', 'json:eventType']
    },
    acceptedReply: '[accepted]',
    sample: {
      body: {
        type: 'balancePlatform.payment.created',
        environment: 'test',
        timestamp: '{now_iso}',
        data: { id: '{id}', balancePlatform: 'EXAMPLE', amount: { currency: 'EUR', value: 1999 }, status: 'authorised' }
      }
    }
  },
  {
    slug: 'razorpay',
    name: 'Razorpay',
    family: 'raw',
    confidence: 'vector',
    secretLabel: 'webhook secret',
    settingsPath: 'Account & Settings → Webhooks → Add New Webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Razorpay-Signature' }],
    identity: { id: ['header:X-Razorpay-Event-Id'], type: ['json:event'] },
    sample: {
      headers: [['X-Razorpay-Event-Id', '{id}']],
      body: {
        entity: 'event',
        account_id: 'acc_example',
        event: 'payment.captured',
        contains: ['payment'],
        payload: { payment: { entity: { id: 'pay_{id}', amount: 1999, currency: 'INR', status: 'captured' } } },
        created_at: '{now}'
      }
    }
  },
  {
    slug: 'square',
    name: 'Square',
    family: 'ctx',
    confidence: 'vector',
    secretLabel: 'signature key',
    settingsPath: 'Developer Console → your application → Webhooks → Subscriptions',
    covers: 'The whole body, and the URL as it is configured at Square.',
    schemes: [{ signature: 'header:x-square-hmacsha256-signature', encoding: 'base64', signed: '{url}{body}' }],
    identity: { id: ['json:event_id'], type: ['json:type'] },
    sample: {
      body: {
        merchant_id: 'EXAMPLE',
        type: 'payment.updated',
        event_id: '{id}',
        created_at: '{now_iso}',
        data: { type: 'payment', id: '{id}', object: { payment: { id: '{id}', status: 'COMPLETED' } } }
      }
    }
  },
  {
    slug: 'coinbase-commerce',
    name: 'Coinbase Commerce',
    family: 'raw',
    confidence: 'vector',
    secretLabel: 'webhook shared secret',
    settingsPath: 'Settings → Notifications → Webhook subscriptions',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-CC-Webhook-Signature' }],
    identity: { id: ['json:event.id'], type: ['json:event.type'] },
    sample: {
      body: {
        id: '{id}',
        scheduled_for: '{now_iso}',
        attempt_number: 1,
        event: { id: '{id}', type: 'charge:confirmed', created_at: '{now_iso}', data: { code: '66BEOV2A' } }
      }
    }
  }
];
