// Senders that prove little: a password, a token, or nothing.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const unsignedRows: readonly ProviderRow[] = [
  preset({
    slug: 'adobe-sign',
    name: 'Adobe Acrobat Sign',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'client id',
    settingsPath: 'Account → Acrobat Sign API → Webhooks → Add',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:X-AdobeSign-ClientId' }],
    identity: { id: ['json:webhookNotificationId'], type: ['json:event'] },
    repeatedHeader: 'X-AdobeSign-ClientId',
    handshakes: [
      {
        method: 'GET',
        when: [['header:X-AdobeSign-ClientId', null]],
        signed: false,
        echo: 'header:X-AdobeSign-ClientId',
        echoPattern: /^[!-~]{1,200}$/,
        reply: { headers: [['X-AdobeSign-ClientId', '{echo}']], text: '' }
      }
    ]
  }),
  preset({
    slug: 'pandadoc',
    name: 'PandaDoc',
    family: 'ctx',
    confidence: 'unconfirmed',
    secretLabel: 'shared key',
    settingsPath: 'Settings → Webhooks → Create webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'query:signature' }],
    identity: { id: [], type: ['json:0.event'] }
  }),
  preset({
    slug: 'supabase-db',
    name: 'Supabase database webhooks',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'value of the Authorization header',
    settingsPath: 'Database → Webhooks → Create a new hook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization' }],
    identity: { id: [], type: [['json:type', 'json:table']] }
  }),
  preset({
    slug: 'convoy',
    name: 'Convoy senders',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'endpoint secret',
    settingsPath: 'The sender’s webhook portal → Endpoints',
    covers: 'The whole body. For a time beside it take Generic HMAC.',
    schemes: [
      { signature: 'header:X-Convoy-Signature', algorithm: 'sha256', encoding: 'hex' },
      { signature: 'header:X-Convoy-Signature', algorithm: 'sha256', encoding: 'base64' },
      { signature: 'header:X-Convoy-Signature', algorithm: 'sha512', encoding: 'hex' },
      { signature: 'header:X-Convoy-Signature', algorithm: 'sha512', encoding: 'base64' }
    ],
    identity: { id: ['header:X-Convoy-Idempotency-Key'], type: ['json:event_type'] }
  }),
  preset({
    slug: 'docker-hub',
    name: 'Docker Hub',
    family: 'none',
    confidence: 'unconfirmed',
    secretLabel: null,
    settingsPath: 'Repository → Webhooks → New webhook',
    covers: 'Nothing: anybody who knows the URL can send.',
    schemes: [],
    identity: { id: [], type: [] }
  }),
  preset({
    slug: 'sentry-legacy',
    name: 'Sentry legacy webhook plugin',
    family: 'none',
    confidence: 'unconfirmed',
    secretLabel: null,
    settingsPath: 'Settings → Integrations → Webhooks',
    covers: 'Nothing: anybody who knows the URL can send.',
    schemes: [],
    identity: { id: [], type: [] }
  }),
  preset({
    slug: 'mollie-classic',
    name: 'Mollie classic',
    family: 'none',
    confidence: 'unconfirmed',
    secretLabel: null,
    settingsPath: 'The request that makes a payment, as webhookUrl',
    covers: 'Nothing: anybody who knows the URL can send.',
    schemes: [],
    identity: { id: [], type: [] }
  }),
  preset({
    slug: 'mailchimp',
    name: 'Mailchimp Marketing',
    family: 'url-secret',
    confidence: 'unconfirmed',
    secretLabel: null,
    settingsPath: 'Audience → Settings → Webhooks → Create new webhook',
    covers: 'Nothing: anybody who knows the URL can send.',
    schemes: [],
    identity: { id: [], type: ['form:type'] }
  }),
  preset({
    slug: 'shippo',
    name: 'Shippo',
    family: 'none',
    confidence: 'unconfirmed',
    secretLabel: null,
    settingsPath: 'Settings → API → Webhooks → Add webhook',
    covers: 'Nothing: anybody who knows the URL can send.',
    schemes: [],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'strava',
    name: 'Strava',
    family: 'none',
    confidence: 'unconfirmed',
    secretLabel: null,
    settingsPath: 'POST /push_subscriptions of its API, as callback_url',
    covers: 'Nothing: anybody who knows the URL can send.',
    schemes: [],
    identity: { id: [], type: [['json:object_type', 'json:aspect_type']] },
    handshakes: [
      {
        method: 'GET',
        when: [['query:hub.mode', 'subscribe']],
        signed: false,
        token: { at: 'query:hub.verify_token', option: 'verify_token' },
        echo: 'query:hub.challenge',
        reply: { json: { 'hub.challenge': '{echo}' } }
      }
    ],
    options: [
      {
        name: 'verify_token',
        label: 'Verify token',
        kind: 'text',
        help: 'Made up by you; the same one goes into the subscription.'
      }
    ]
  }),
  preset({
    slug: 'phonepe',
    name: 'PhonePe',
    family: 'hash',
    confidence: 'public',
    secretLabel: 'user:password',
    settingsPath: 'Business dashboard → Developer settings → Webhook',
    covers: 'Nothing: a hash of user and password proves the sender, not the body.',
    schemes: [{ proof: 'digest', signature: 'header:Authorization', signed: '{secret}' }],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'mandrill',
    name: 'Mailchimp Transactional (Mandrill)',
    family: 'ctx',
    confidence: 'public',
    secretLabel: 'webhook key',
    settingsPath: 'Settings → Webhooks → Add a webhook',
    covers: 'The URL as it is configured, and all fields of the body.',
    schemes: [
      { signature: 'header:X-Mandrill-Signature', algorithm: 'sha1', encoding: 'base64', signed: '{url}{form_sorted}' }
    ],
    identity: { id: [], type: ['json:0.event'] },
    sample: { contentType: 'application/x-www-form-urlencoded', body: 'mandrill_events=id-{id}' },
    jsonInForm: 'mandrill_events'
  }),
  preset({
    slug: 'trello',
    name: 'Trello',
    family: 'ctx',
    confidence: 'unconfirmed',
    secretLabel: 'app secret',
    settingsPath: 'POST /1/webhooks of its API, as callbackURL',
    covers: 'The whole body, and the URL as it is configured.',
    schemes: [{ signature: 'header:X-Trello-Webhook', algorithm: 'sha1', encoding: 'base64', signed: '{body}{url}' }],
    identity: { id: ['json:action.id'], type: ['json:action.type'] }
  })
];
