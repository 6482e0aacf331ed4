// Recurring bills, and ledgers.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const billingRows: readonly ProviderRow[] = [
  preset({
    slug: 'polar',
    name: 'Polar',
    family: 'std',
    confidence: 'source',
    secretLabel: 'webhook secret, as it is shown',
    settingsPath: 'Settings → Webhooks → Add endpoint',
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
    identity: { id: ['header:webhook-id'], type: ['json:type'] }
  }),
  preset({
    slug: 'dodo-payments',
    name: 'Dodo Payments',
    family: 'std',
    confidence: 'public',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'Developer → Webhooks → Add endpoint',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: [
      {
        signature: 'header:webhook-signature',
        parts: { separator: ' ', delimiter: ',', name: 'v1' },
        encoding: 'base64',
        key: 'whsec',
        signed: '{id}.{ts}.{body}',
        id: 'header:webhook-id',
        timestamp: { at: 'header:webhook-timestamp', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['header:webhook-id'], type: ['json:type'] }
  }),
  preset({
    slug: 'lithic',
    name: 'Lithic',
    family: 'std',
    confidence: 'source',
    secretLabel: 'event subscription secret (whsec_…)',
    settingsPath: 'Developers → Webhooks → Create endpoint',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: [
      {
        signature: 'header:webhook-signature',
        parts: { separator: ' ', delimiter: ',', name: 'v1' },
        encoding: 'base64',
        key: 'whsec',
        signed: '{id}.{ts}.{body}',
        id: 'header:webhook-id',
        timestamp: { at: 'header:webhook-timestamp', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['header:webhook-id'], type: ['json:event_type'] }
  }),
  preset({
    slug: 'brex',
    name: 'Brex',
    family: 'std',
    confidence: 'public',
    secretLabel: 'webhook secret (base64)',
    settingsPath: 'POST /v1/webhooks of its API, with this URL',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: [
      {
        signature: 'header:Webhook-signature',
        parts: { separator: ' ', delimiter: ',', name: 'v1' },
        encoding: 'base64',
        key: 'whsec',
        signed: '{id}.{ts}.{body}',
        id: 'header:Webhook-id',
        timestamp: { at: 'header:Webhook-timestamp', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['header:Webhook-Id'], type: ['json:event_type'] }
  }),
  preset({
    slug: 'finch',
    name: 'Finch',
    family: 'std',
    confidence: 'source',
    secretLabel: 'webhook secret (base64)',
    settingsPath: 'Developer dashboard → Webhooks → Add endpoint',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: [
      {
        signature: 'header:finch-signature',
        parts: { separator: ' ', delimiter: ',', name: 'v1' },
        encoding: 'base64',
        key: 'whsec',
        signed: '{id}.{ts}.{body}',
        id: 'header:Finch-Event-Id',
        timestamp: { at: 'header:finch-timestamp', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['header:Finch-Event-Id'], type: ['json:event_type'] }
  }),
  preset({
    slug: 'orb',
    name: 'Orb',
    family: 'ts-list',
    confidence: 'source',
    secretLabel: 'webhook signing secret',
    settingsPath: 'Developers → Webhooks → Add endpoint',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-Orb-Signature',
        parts: { separator: ' ', delimiter: '=', name: 'v1' },
        signed: 'v1:{ts}:{body}',
        timestamp: { at: 'header:X-Orb-Timestamp', unit: 'iso-utc', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['json:id'], type: ['json:type'] }
  }),
  preset({
    slug: 'flutterwave',
    name: 'Flutterwave',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'secret hash',
    settingsPath: 'Settings → Webhooks',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:verif-hash' }],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'chargebee',
    name: 'Chargebee',
    family: 'basic',
    confidence: 'public',
    secretLabel: 'user:password',
    settingsPath: 'Settings → Configure Chargebee → Webhooks → Add webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Basic ', encoding: 'base64' }],
    identity: { id: ['json:id'], type: ['json:event_type'] }
  }),
  preset({
    slug: 'zuora',
    name: 'Zuora callouts',
    family: 'basic',
    confidence: 'unconfirmed',
    secretLabel: 'user:password',
    settingsPath: 'Settings → Notifications → Callout',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Basic ', encoding: 'base64' }],
    identity: { id: [], type: ['json:eventType'] }
  })
];
