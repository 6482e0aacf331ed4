// Documents, meetings, people and sign-in.

import type { ProviderRow, SignatureRow } from '../row.ts';
import { preset } from './preset.ts';

export const workplaceRows: readonly ProviderRow[] = [
  preset({
    slug: 'airtable',
    name: 'Airtable',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'macSecretBase64 of the webhook',
    settingsPath: 'POST /v0/bases/…/webhooks of its API, with this URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Airtable-Content-MAC', prefix: 'hmac-sha256=', key: 'base64' }],
    identity: { id: [['json:webhook.id', 'json:timestamp']], type: [] }
  }),
  preset({
    slug: 'zoom',
    name: 'Zoom',
    family: 'ts',
    confidence: 'source',
    secretLabel: 'secret token',
    settingsPath: 'marketplace.zoom.us → your app → Feature → Event subscriptions',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:x-zm-signature',
        prefix: 'v0=',
        signed: 'v0:{ts}:{body}',
        timestamp: { at: 'header:x-zm-request-timestamp', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['header:x-zm-trackingid'], type: ['json:event'] },
    handshakes: [
      {
        method: 'POST',
        when: [['json:event', 'endpoint.url_validation']],
        signed: true,
        echo: 'json:payload.plainToken',
        echoPattern: /^[A-Za-z0-9_+/=-]{1,100}$/,
        mac: { algorithm: 'sha256', encoding: 'hex', key: 'utf8' },
        reply: { json: { plainToken: '{echo}', encryptedToken: '{mac}' } }
      }
    ]
  }),
  preset({
    slug: 'docusign',
    name: 'DocuSign Connect',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'HMAC key of the Connect configuration',
    settingsPath: 'Settings → Connect → Add configuration',
    covers: 'The whole body.',
    schemes: [
      ...Array.from({ length: 100 }, (_, index): SignatureRow => ({
        signature: `header:X-DocuSign-Signature-${index + 1}`,
        encoding: 'base64'
      }))
    ],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'dropbox',
    name: 'Dropbox',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'app secret',
    settingsPath: 'dropbox.com/developers/apps → your app → Webhooks',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Dropbox-Signature' }],
    identity: { id: [], type: [] },
    handshakes: [
      {
        method: 'GET',
        when: [['query:challenge', null]],
        signed: false,
        echo: 'query:challenge',
        reply: { text: '{echo}' }
      }
    ]
  }),
  preset({
    slug: 'clickup',
    name: 'ClickUp',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'POST /team/…/webhook of its API, with this URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Signature' }],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'smartsheet',
    name: 'Smartsheet',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'shared secret',
    settingsPath: 'POST /webhooks of its API, as callbackUrl',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:Smartsheet-Hmac-SHA256' }],
    identity: { id: ['json:nonce'], type: [['json:events.0.objectType', 'json:events.0.eventType']] },
    handshakes: [
      {
        method: 'POST',
        when: [['header:Smartsheet-Hook-Challenge', null]],
        signed: false,
        echo: 'header:Smartsheet-Hook-Challenge',
        echoPattern: /^[!-~]{1,200}$/,
        reply: { headers: [['Smartsheet-Hook-Response', '{echo}']], text: '' }
      }
    ]
  }),
  preset({
    slug: 'figma',
    name: 'Figma',
    family: 'body-token',
    confidence: 'public',
    secretLabel: 'passcode',
    settingsPath: 'POST /v2/webhooks of its API, with this URL',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'json:passcode' }],
    identity: { id: [['json:webhook_id', 'json:timestamp', 'json:event_type']], type: ['json:event_type'] }
  }),
  preset({
    slug: 'gusto',
    name: 'Gusto',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'verification token of the subscription',
    settingsPath: 'POST /v1/webhook_subscriptions of its API, with this URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Gusto-Signature' }],
    identity: { id: ['json:uuid'], type: ['json:event_type'] },
    handshakes: [{ method: 'POST', when: [['json:verification_token', null]], signed: false, reply: { text: '' } }]
  }),
  preset({
    slug: 'checkr',
    name: 'Checkr',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'API key of the account',
    settingsPath: 'Account settings → Developer settings → Webhooks',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Checkr-Signature' }],
    identity: { id: ['json:id'], type: ['json:type'] }
  }),
  preset({
    slug: 'persona',
    name: 'Persona',
    family: 'ts-kv',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Webhooks → Create webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Persona-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['json:data.id'], type: ['json:data.attributes.name'] }
  }),
  preset({
    slug: 'onfido',
    name: 'Onfido and Entrust',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'webhook token',
    settingsPath: 'Developers → Webhooks → Create webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-SHA2-Signature' }],
    identity: { id: [], type: ['json:payload.action'] }
  }),
  preset({
    slug: 'veriff',
    name: 'Veriff',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'shared secret key',
    settingsPath: 'Settings → Integrations → Webhook URLs',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:x-hmac-signature' }],
    identity: { id: [['json:attemptId', 'json:action']], type: ['json:action'] }
  }),
  preset({
    slug: 'workos',
    name: 'WorkOS',
    family: 'ts-kv',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'Developer → Webhooks → Create webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:WorkOS-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 'ms', toleranceSeconds: 180 }
      }
    ],
    identity: { id: ['json:id'], type: ['json:event'] }
  }),
  preset({
    slug: 'clerk',
    name: 'Clerk',
    family: 'std',
    confidence: 'public',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'Configure → Webhooks → Add endpoint',
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
    identity: { id: ['header:svix-id'], type: ['json:type'] }
  })
];
