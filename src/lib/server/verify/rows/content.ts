// Content, media and what renders them.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const contentRows: readonly ProviderRow[] = [
  preset({
    slug: 'stytch',
    name: 'Stytch',
    family: 'std',
    confidence: 'public',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'Configuration → Webhooks → Create endpoint',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: [
      {
        signature: 'header:svix-signature',
        parts: { separator: ' ', delimiter: ',', name: 'v1' },
        encoding: 'base64',
        key: 'whsec',
        signed: '{id}.{ts}.{body}',
        id: 'header:svix-id',
        timestamp: { at: 'header:svix-timestamp', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['header:svix-id'], type: [['json:object_type', 'json:action']] }
  }),
  preset({
    slug: 'render',
    name: 'Render',
    family: 'std',
    confidence: 'public',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'Integrations → Webhooks → Create webhook',
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
    slug: 'incident-io',
    name: 'incident.io',
    family: 'std',
    confidence: 'unconfirmed',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'Settings → Webhooks → Add endpoint',
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
    slug: 'supabase-auth',
    name: 'Supabase Auth hooks',
    family: 'std',
    confidence: 'public',
    secretLabel: 'hook secret (v1,whsec_…)',
    settingsPath: 'Authentication → Hooks → Add hook → HTTPS',
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
    identity: { id: ['header:webhook-id'], type: [] }
  }),
  preset({
    slug: 'discourse',
    name: 'Discourse',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Admin → API → Webhooks → New webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Discourse-Event-Signature', prefix: 'sha256=' }],
    identity: { id: ['header:X-Discourse-Event-Id'], type: ['header:X-Discourse-Event'] }
  }),
  preset({
    slug: 'ghost',
    name: 'Ghost',
    family: 'ts-kv',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Settings → Integrations → your integration → Add webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-Ghost-Signature',
        parts: { separator: ',', delimiter: '=', name: 'sha256' },
        signed: '{body}{ts}',
        timestamp: { part: 't', unit: 'ms', toleranceSeconds: null }
      }
    ],
    identity: { id: [], type: [] }
  }),
  preset({
    slug: 'storyblok',
    name: 'Storyblok',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Settings → Webhooks → New webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:webhook-signature', algorithm: 'sha1' }],
    identity: { id: [['json:story_id', 'json:action']], type: ['json:action'] }
  }),
  preset({
    slug: 'sanity',
    name: 'Sanity GROQ webhooks',
    family: 'ts-kv',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'sanity.io/manage → your project → API → Webhooks',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:sanity-webhook-signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        encoding: 'base64url',
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 'ms', toleranceSeconds: null }
      }
    ],
    identity: { id: ['header:idempotency-key'], type: ['header:sanity-operation'] }
  }),
  preset({
    slug: 'kontent-ai',
    name: 'Kontent.ai',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'Environment settings → Webhooks → Create new webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Kontent-ai-Signature', encoding: 'base64', signed: '{body_crlf}' }],
    identity: { id: [], type: [['json:message.object_type', 'json:message.action']] }
  }),
  preset({
    slug: 'webflow',
    name: 'Webflow',
    family: 'ts',
    confidence: 'public',
    secretLabel: 'client or webhook secret',
    settingsPath: 'Site settings → Apps & integrations → Webhooks',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:x-webflow-signature',
        signed: '{ts}:{body}',
        timestamp: { at: 'header:x-webflow-timestamp', unit: 'ms', toleranceSeconds: 300 }
      }
    ],
    identity: { id: [], type: ['json:triggerType'] }
  }),
  preset({
    slug: 'mux',
    name: 'Mux',
    family: 'ts-kv',
    confidence: 'source',
    secretLabel: 'signing secret',
    settingsPath: 'Settings → Webhooks → Create new webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Mux-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['json:id'], type: ['json:type'] }
  }),
  preset({
    slug: 'cloudflare-stream',
    name: 'Cloudflare Stream',
    family: 'ts-kv',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'PUT /stream/webhook of its API, with this URL',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Webhook-Signature',
        parts: { separator: ',', delimiter: '=', name: 'sig1' },
        signed: '{ts}.{body}',
        timestamp: { part: 'time', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: [['json:uid', 'json:status.state']], type: ['json:status.state'] }
  }),
  preset({
    slug: 'cloudinary',
    name: 'Cloudinary',
    family: 'hash',
    confidence: 'source',
    secretLabel: 'API secret',
    settingsPath: 'Settings → Webhook notifications',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        proof: 'digest',
        signature: 'header:X-Cld-Signature',
        algorithm: 'sha1',
        signed: '{body}{ts}{secret}',
        timestamp: { at: 'header:X-Cld-Timestamp', unit: 's', toleranceSeconds: 7200 }
      },
      {
        proof: 'digest',
        signature: 'header:X-Cld-Signature',
        algorithm: 'sha256',
        signed: '{body}{ts}{secret}',
        timestamp: { at: 'header:X-Cld-Timestamp', unit: 's', toleranceSeconds: 7200 }
      }
    ],
    identity: { id: ['json:request_id'], type: ['json:notification_type'] }
  })
];
