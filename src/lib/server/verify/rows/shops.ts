// Shops, and what helps their customers.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const shopsRows: readonly ProviderRow[] = [
  preset({
    slug: 'woocommerce',
    name: 'WooCommerce',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'WooCommerce → Settings → Advanced → Webhooks → Add webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-WC-Webhook-Signature', encoding: 'base64' }],
    identity: { id: ['header:X-WC-Webhook-Delivery-ID'], type: ['header:X-WC-Webhook-Topic'] }
  }),
  preset({
    slug: 'easypost',
    name: 'EasyPost',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'Account settings → Webhooks → Add webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Hmac-Signature', prefix: 'hmac-sha256-hex=', key: 'nfkd' }],
    identity: { id: ['json:id'], type: ['json:description'] }
  }),
  preset({
    slug: 'duffel',
    name: 'Duffel',
    family: 'ts-kv',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'Developers → Webhooks → Add webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-Duffel-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: null }
      }
    ],
    identity: { id: ['json:id'], type: ['json:type'] }
  }),
  preset({
    slug: 'aftership',
    name: 'AfterShip',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Settings → Notifications → Webhooks',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:aftership-hmac-sha256', encoding: 'base64' }],
    identity: { id: ['json:event_id'], type: ['json:event'] }
  }),
  preset({
    slug: 'intercom',
    name: 'Intercom',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'client secret of the app',
    settingsPath: 'Developer hub → your app → Webhooks',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Hub-Signature', prefix: 'sha1=', algorithm: 'sha1' }],
    identity: { id: ['json:id'], type: ['json:topic'] }
  }),
  preset({
    slug: 'zendesk',
    name: 'Zendesk',
    family: 'ts',
    confidence: 'public',
    secretLabel: 'signing secret, as it is shown',
    settingsPath: 'Admin Center → Apps and integrations → Webhooks → Create webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-Zendesk-Webhook-Signature',
        encoding: 'base64',
        signed: '{ts}{body}',
        timestamp: { at: 'header:X-Zendesk-Webhook-Signature-Timestamp', unit: 'rfc3339', toleranceSeconds: null }
      }
    ],
    identity: { id: ['header:X-Zendesk-Webhook-Invocation-Id'], type: ['json:type'] }
  }),
  preset({
    slug: 'front',
    name: 'Front',
    family: 'ts',
    confidence: 'public',
    secretLabel: 'app secret',
    settingsPath: 'Settings → Developers → your app → Webhooks',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-Front-Signature',
        encoding: 'base64',
        signed: '{ts}:{body}',
        timestamp: { at: 'header:X-Front-Request-Timestamp', unit: 'ms', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['json:id'], type: ['json:type'] },
    handshakes: [
      {
        method: 'POST',
        when: [['header:X-Front-Challenge', null]],
        signed: true,
        echo: 'header:X-Front-Challenge',
        reply: { text: '{echo}' }
      }
    ]
  }),
  preset({
    slug: 'helpscout',
    name: 'Help Scout',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'secret key',
    settingsPath: 'Manage → Apps → Webhooks',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-HelpScout-Signature', algorithm: 'sha1', encoding: 'base64' }],
    identity: { id: [], type: ['header:X-HelpScout-Event'] }
  }),
  preset({
    slug: 'close',
    name: 'Close',
    family: 'ts',
    confidence: 'unconfirmed',
    secretLabel: 'signature key (hexadecimal)',
    settingsPath: 'POST /api/v1/webhook of its API, with this URL',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Close-Sig-Hash',
        key: 'hex',
        signed: '{ts}{body}',
        timestamp: { at: 'header:Close-Sig-Timestamp', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['json:event.id'], type: [['json:event.object_type', 'json:event.action']] }
  }),
  preset({
    slug: 'pipedrive',
    name: 'Pipedrive',
    family: 'basic',
    confidence: 'unconfirmed',
    secretLabel: 'user:password',
    settingsPath: 'Settings → Tools and apps → Webhooks → Create new webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Basic ', encoding: 'base64' }],
    identity: { id: [['json:meta.id', 'json:meta.correlation_id']], type: [['json:meta.entity', 'json:meta.action']] }
  })
];
