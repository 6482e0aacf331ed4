// Campaigns, forms and appointments.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const customersRows: readonly ProviderRow[] = [
  preset({
    slug: 'segment',
    name: 'Twilio Segment webhooks',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'shared secret',
    settingsPath: 'Connections → Destinations → Webhooks (Actions)',
    covers: 'The whole body. Of a batch only the first event is signed, so batches are refused.',
    schemes: [{ signature: 'header:X-Signature', algorithm: 'sha1' }],
    identity: { id: ['json:messageId'], type: [['json:type', 'json:event']] }
  }),
  preset({
    slug: 'customerio',
    name: 'Customer.io reporting webhooks',
    family: 'ts',
    confidence: 'public',
    secretLabel: 'webhook signing key',
    settingsPath: 'Data & Integrations → Integrations → Reporting Webhooks',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-CIO-Signature',
        signed: 'v0:{ts}:{body}',
        timestamp: { at: 'header:X-CIO-Timestamp', unit: 's', toleranceSeconds: null }
      }
    ],
    identity: { id: ['json:event_id'], type: [['json:object_type', 'json:metric']] }
  }),
  preset({
    slug: 'klaviyo',
    name: 'Klaviyo system webhooks',
    family: 'ts',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Integrations → Developers → Webhooks → Create webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Klaviyo-Signature',
        signed: '{body}{ts}',
        timestamp: { at: 'header:Klaviyo-Timestamp', unit: 'rfc1123', toleranceSeconds: null }
      }
    ],
    identity: { id: [], type: ['json:data.0.topic'] }
  }),
  preset({
    slug: 'loops',
    name: 'Loops',
    family: 'std',
    confidence: 'unconfirmed',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'Settings → Webhooks',
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
    identity: { id: ['header:webhook-id'], type: ['json:eventName'] }
  }),
  preset({
    slug: 'cal-com',
    name: 'Cal.com',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Settings → Developer → Webhooks → New',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Cal-Signature-256' }],
    identity: { id: [['json:payload.uid', 'json:triggerEvent']], type: ['json:triggerEvent'] }
  }),
  preset({
    slug: 'calendly',
    name: 'Calendly',
    family: 'ts-kv',
    confidence: 'public',
    secretLabel: 'signing key',
    settingsPath: 'POST /webhook_subscriptions of its API, with this URL',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Calendly-Webhook-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: 180 }
      }
    ],
    identity: { id: [['json:payload.uri', 'json:event']], type: ['json:event'] }
  }),
  preset({
    slug: 'typeform',
    name: 'Typeform',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Form → Connect → Webhooks → Add a webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:Typeform-Signature', prefix: 'sha256=', encoding: 'base64' }],
    identity: { id: ['json:event_id'], type: ['json:event_type'] }
  }),
  preset({
    slug: 'tally',
    name: 'Tally',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'signing secret',
    settingsPath: 'Form → Integrations → Webhooks → Connect',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:Tally-Signature', encoding: 'base64' }],
    identity: { id: ['json:eventId'], type: ['json:eventType'] }
  }),
  preset({
    slug: 'dub',
    name: 'Dub',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Settings → Webhooks → Create webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:Dub-Signature' }],
    identity: { id: ['json:id'], type: ['json:event'] }
  })
];
