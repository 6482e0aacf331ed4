// Mail, models and chains.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const machinesRows: readonly ProviderRow[] = [
  preset({
    slug: 'mailjet',
    name: 'Mailjet',
    family: 'basic',
    confidence: 'unconfirmed',
    secretLabel: 'user:password',
    settingsPath: 'Account settings → Event notifications (webhooks)',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Basic ', encoding: 'base64' }],
    identity: { id: [], type: ['json:0.event'] }
  }),
  preset({
    slug: 'sparkpost',
    name: 'SparkPost',
    family: 'basic',
    confidence: 'unconfirmed',
    secretLabel: 'user:password',
    settingsPath: 'Configuration → Webhooks → Create webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Basic ', encoding: 'base64' }],
    identity: { id: ['header:X-MessageSystems-Batch-ID'], type: [] }
  }),
  preset({
    slug: 'brevo',
    name: 'Brevo',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'bearer token',
    settingsPath: 'Settings → Webhooks → Add a new webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Bearer ' }],
    identity: { id: [['json:message-id', 'json:event']], type: ['json:event'] }
  }),
  preset({
    slug: 'tiktok',
    name: 'TikTok',
    family: 'ts-kv',
    confidence: 'unconfirmed',
    secretLabel: 'client secret',
    settingsPath: 'developers.tiktok.com → your app → Webhooks',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:TikTok-Signature',
        parts: { separator: ',', delimiter: '=', name: 's' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: null }
      }
    ],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'linkedin',
    name: 'LinkedIn',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'client secret',
    settingsPath: 'developer.linkedin.com → your app → Webhooks',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-LI-Signature', signed: 'hmacsha256={body}' }],
    identity: { id: ['json:notificationId'], type: ['json:type'] },
    handshakes: [
      {
        method: 'GET',
        when: [['query:challengeCode', null]],
        signed: false,
        echo: 'query:challengeCode',
        echoPattern: /^[A-Za-z0-9-]{1,64}$/,
        mac: { algorithm: 'sha256', encoding: 'hex', key: 'utf8' },
        reply: { json: { challengeCode: '{echo}', challengeResponse: '{mac}' } }
      }
    ]
  }),
  preset({
    slug: 'lark',
    name: 'Lark and Feishu',
    family: 'hash',
    confidence: 'unconfirmed',
    secretLabel: 'encrypt key',
    settingsPath: 'open.larksuite.com → your app → Event subscriptions',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        proof: 'digest',
        signature: 'header:X-Lark-Signature',
        signed: '{ts}{id}{secret}{body}',
        timestamp: { at: 'header:X-Lark-Request-Timestamp', unit: 's', toleranceSeconds: 300 },
        id: 'header:X-Lark-Request-Nonce'
      }
    ],
    identity: { id: ['json:header.event_id'], type: ['json:header.event_type'] },
    handshakes: [
      {
        method: 'POST',
        when: [['json:type', 'url_verification']],
        signed: true,
        echo: 'json:challenge',
        reply: { json: { challenge: '{echo}' } }
      }
    ]
  }),
  preset({
    slug: 'elevenlabs',
    name: 'ElevenLabs',
    family: 'ts-kv',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Settings → Webhooks → Create webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:ElevenLabs-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v0' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: 1800 }
      }
    ],
    identity: { id: [], type: ['json:type'] }
  }),
  preset({
    slug: 'replicate',
    name: 'Replicate',
    family: 'std',
    confidence: 'public',
    secretLabel: 'signing key (whsec_…)',
    settingsPath: 'The request that makes a prediction, as webhook',
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
    identity: { id: ['header:webhook-id'], type: ['json:status'] }
  }),
  preset({
    slug: 'openai',
    name: 'OpenAI',
    family: 'std',
    confidence: 'source',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'Project settings → Webhooks → Create',
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
    slug: 'deepgram',
    name: 'Deepgram',
    family: 'token',
    confidence: 'public',
    secretLabel: 'API key id',
    settingsPath: 'The request, as callback',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:dg-token' }],
    identity: { id: ['json:metadata.request_id'], type: [] }
  }),
  preset({
    slug: 'alchemy',
    name: 'Alchemy Notify',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'signing key',
    settingsPath: 'Webhooks → Create webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Alchemy-Signature' }],
    identity: { id: ['json:id'], type: ['json:type'] }
  }),
  preset({
    slug: 'helius',
    name: 'Helius',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'authentication header',
    settingsPath: 'Webhooks → New webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization' }],
    identity: { id: ['json:0.signature'], type: ['json:0.type'] }
  }),
  preset({
    slug: 'hookdeck',
    name: 'Hookdeck as a forwarder',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'signing secret of the project',
    settingsPath: 'Connections → Destination → HTTP',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:x-hookdeck-signature', encoding: 'base64' }],
    identity: { id: ['header:x-hookdeck-eventid'], type: [] }
  })
];
