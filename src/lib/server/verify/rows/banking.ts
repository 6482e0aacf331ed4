// Banks, exchanges and bookkeeping.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const bankingRows: readonly ProviderRow[] = [
  preset({
    slug: 'paystack',
    name: 'Paystack',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'secret key',
    settingsPath: 'Settings → API Keys & Webhooks → Webhook URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:x-paystack-signature', algorithm: 'sha512' }],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'authorize-net',
    name: 'Authorize.Net',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'signature key (hexadecimal)',
    settingsPath: 'Account → Settings → Webhooks → Add endpoint',
    covers: 'The whole body.',
    schemes: [
      {
        signature: 'header:X-ANET-Signature',
        prefix: 'sha512=',
        algorithm: 'sha512',
        encoding: 'hex-upper',
        key: 'hex'
      }
    ],
    identity: { id: ['json:notificationId'], type: ['json:eventType'] }
  }),
  preset({
    slug: 'cashfree',
    name: 'Cashfree',
    family: 'ts',
    confidence: 'source',
    secretLabel: 'client secret',
    settingsPath: 'Developers → Webhooks → Add webhook endpoint',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:x-webhook-signature',
        encoding: 'base64',
        signed: '{ts}{body}',
        timestamp: { at: 'header:x-webhook-timestamp', unit: 'ms', toleranceSeconds: null }
      }
    ],
    identity: { id: [], type: ['json:type'] }
  }),
  preset({
    slug: 'revolut',
    name: 'Revolut Merchant and Business',
    family: 'ts-list',
    confidence: 'source',
    secretLabel: 'signing secret (wsk_…)',
    settingsPath: 'POST /webhooks of Revolut’s API, with this URL',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Revolut-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        signed: 'v1.{ts}.{body}',
        timestamp: { at: 'header:Revolut-Request-Timestamp', unit: 'ms', toleranceSeconds: 300 }
      }
    ],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'airwallex',
    name: 'Airwallex',
    family: 'ts',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Developer → Webhooks → Add webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:x-signature',
        signed: '{ts}{body}',
        timestamp: { at: 'header:x-timestamp', unit: 'ms', toleranceSeconds: null }
      }
    ],
    identity: { id: ['json:id'], type: ['json:name'] }
  }),
  preset({
    slug: 'zoho-payments',
    name: 'Zoho Payments',
    family: 'ts-kv',
    confidence: 'source',
    secretLabel: 'signing key',
    settingsPath: 'Settings → Developer space → Webhooks',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-Zoho-Webhook-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 'ms', toleranceSeconds: null }
      }
    ],
    identity: { id: ['json:event_id'], type: ['json:event_type'] }
  }),
  preset({
    slug: 'tabapay',
    name: 'TabaPay',
    family: 'ts-kv',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'Arranged with TabaPay',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-HMAC-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: null }
      },
      {
        signature: 'header:X-HMAC-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v2' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: null }
      }
    ],
    identity: { id: ['header:Idempotency-Key'], type: [] }
  }),
  preset({
    slug: 'xero',
    name: 'Xero',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook key',
    settingsPath: 'developer.xero.com → your app → Webhooks',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:x-xero-signature', encoding: 'base64' }],
    identity: { id: [], type: [['json:events.0.eventCategory', 'json:events.0.eventType']] },
    acceptedReply: '',
    // Its "intent to receive" sends wrong signatures on purpose, and wants to see them refused without a body.
    refusedReply: { text: '' }
  }),
  preset({
    slug: 'quickbooks',
    name: 'Intuit QuickBooks',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'verifier token',
    settingsPath: 'developer.intuit.com → your app → Webhooks',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:intuit-signature', encoding: 'base64' }],
    identity: { id: [], type: ['json:0.type', 'json:eventNotifications.0.dataChangeEvent.entities.0.name'] }
  }),
  preset({
    slug: 'worldline',
    name: 'Worldline Global Collect and Direct',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'secret of the webhooks key',
    settingsPath: 'Configuration center → Webhooks → Add webhook endpoint',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-GCS-Signature', encoding: 'base64' }],
    identity: { id: ['json:id'], type: ['json:type'] },
    handshakes: [
      {
        method: 'GET',
        when: [['header:X-GCS-Webhooks-Endpoint-Verification', null]],
        signed: false,
        echo: 'header:X-GCS-Webhooks-Endpoint-Verification',
        reply: { text: '{echo}' }
      }
    ]
  }),
  preset({
    slug: 'bigcommerce',
    name: 'BigCommerce',
    family: 'std',
    confidence: 'unconfirmed',
    secretLabel: 'client secret of the API account',
    settingsPath: 'POST /v3/hooks of its API, as destination',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: [
      {
        signature: 'header:webhook-signature',
        parts: { separator: ' ', delimiter: ',', name: 'v1' },
        encoding: 'base64',
        key: 'utf8',
        signed: '{id}.{ts}.{body}',
        id: 'header:webhook-id',
        timestamp: { at: 'header:webhook-timestamp', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['header:webhook-id'], type: ['json:scope'] }
  })
];
