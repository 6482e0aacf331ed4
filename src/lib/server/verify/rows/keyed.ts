// Providers whose messages carry a JSON Web Token signed with a shared secret.

import type { ProviderRow } from '../row.ts';

export const keyedRows: readonly ProviderRow[] = [
  {
    slug: 'messagebird',
    name: 'MessageBird (Bird)',
    family: 'jwt',
    confidence: 'vector',
    secretLabel: 'signing key',
    settingsPath: 'Developers → API settings → Signed requests; the URL where the channel or flow is set up',
    covers: 'The whole body, and the URL as it is configured at MessageBird.',
    schemes: [
      {
        proof: 'jwt',
        signature: 'header:MessageBird-Signature-JWT',
        algorithms: ['HS256', 'HS384', 'HS512'],
        issuer: 'MessageBird',
        bodyHash: { claim: 'payload_hash', encoding: 'hex', absentWhenEmpty: true },
        url: { claim: 'url_hash', hashed: true },
        expires: true,
        leewaySeconds: 1
      }
    ],
    identity: { id: [], type: ['json:type'] },
    sample: { body: { id: '{id}', type: 'message.created', message: { status: 'received' } } }
  },
  {
    slug: 'netlify',
    name: 'Netlify',
    family: 'jwt',
    confidence: 'public',
    secretLabel: 'JWS secret token',
    settingsPath: 'Site configuration → Notifications → Deploy notifications → HTTP POST request',
    covers: 'The whole body.',
    schemes: [
      {
        proof: 'jwt',
        signature: 'header:X-Webhook-Signature',
        algorithms: ['HS256'],
        issuer: 'netlify',
        bodyHash: { claim: 'sha256', encoding: 'hex' },
        expires: false,
        leewaySeconds: 60
      }
    ],
    // A deploy is told of once in each of its states.
    identity: { id: [['json:id', 'json:state']], type: ['header:X-Netlify-Event', 'json:state'] },
    sample: { headers: [['X-Netlify-Event', 'deploy_created']], body: { id: '{id}', state: 'ready', name: 'example' } }
  },
  {
    slug: 'vonage',
    name: 'Vonage',
    family: 'jwt',
    confidence: 'unconfirmed',
    secretLabel: 'signature secret',
    settingsPath: 'Dashboard → Applications → your application → Messages → Inbound and Status URL',
    covers: 'The whole body.',
    schemes: [
      {
        proof: 'jwt',
        signature: 'header:Authorization',
        prefix: 'Bearer ',
        algorithms: ['HS256'],
        bodyHash: { claim: 'payload_hash', encoding: 'hex' },
        expires: false,
        leewaySeconds: 60
      }
    ],
    identity: { id: [['json:message_uuid', 'json:status'], 'json:message_uuid'], type: ['json:status'] },
    sample: { body: { message_uuid: '{id}', status: 'delivered', to: '447700900000', from: '447700900001' } }
  },
  {
    slug: 'fusionauth',
    name: 'FusionAuth',
    family: 'jwt',
    confidence: 'public',
    secretLabel: 'HMAC key of the webhook',
    settingsPath: 'Settings → Webhooks → your webhook → Security → Signing key (HMAC)',
    covers: 'The whole body.',
    schemes: [
      {
        proof: 'jwt',
        signature: 'header:X-FusionAuth-Signature-JWT',
        algorithms: ['HS256', 'HS384', 'HS512'],
        bodyHash: { claim: 'request_body_sha256', encoding: 'base64' },
        expires: false,
        leewaySeconds: 60
      }
    ],
    identity: { id: ['json:event.id'], type: ['json:event.type'] },
    sample: { body: { event: { id: '{id}', type: 'user.create', user: { email: 'jane@example.com' } } } }
  },
  {
    slug: 'upstash',
    name: 'Upstash QStash',
    family: 'jwt',
    confidence: 'source',
    secretLabel: 'current signing key; add the next one as a second secret',
    settingsPath: 'Console → QStash → Signing keys; the URL is where a message is published to',
    covers: 'The whole body, and the URL that the message was published to.',
    schemes: [
      {
        proof: 'jwt',
        signature: 'header:Upstash-Signature',
        algorithms: ['HS256'],
        issuer: 'Upstash',
        bodyHash: { claim: 'body', encoding: 'base64url' },
        url: { claim: 'sub', hashed: false },
        expires: true,
        leewaySeconds: 0
      }
    ],
    identity: { id: ['header:Upstash-Message-Id'], type: [] },
    sample: { headers: [['Upstash-Message-Id', '{id}']], body: { hello: 'world', at: '{now_iso}' } }
  }
];
