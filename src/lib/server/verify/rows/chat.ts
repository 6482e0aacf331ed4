// Chat, telephone and push.

import type { ProviderRow } from '../row.ts';
import { metaSubscription } from './meta.ts';
import { preset } from './preset.ts';

export const chatRows: readonly ProviderRow[] = [
  preset({
    slug: 'whatsapp',
    name: 'WhatsApp Cloud API',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'app secret',
    settingsPath: 'developers.facebook.com → your app → WhatsApp → Configuration',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Hub-Signature-256', prefix: 'sha256=' }],
    identity: { id: [], type: [['json:object', 'json:entry.0.changes.0.field']] },
    ...metaSubscription
  }),
  preset({
    slug: 'twitch',
    name: 'Twitch EventSub',
    family: 'ts',
    confidence: 'source',
    secretLabel: 'secret of the subscription',
    settingsPath: 'POST /eventsub/subscriptions of its API, as transport.callback',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: [
      {
        signature: 'header:Twitch-Eventsub-Message-Signature',
        prefix: 'sha256=',
        signed: '{id}{ts}{body}',
        timestamp: { at: 'header:Twitch-Eventsub-Message-Timestamp', unit: 'rfc3339', toleranceSeconds: 600 },
        id: 'header:Twitch-Eventsub-Message-Id'
      }
    ],
    identity: { id: ['header:Twitch-Eventsub-Message-Id'], type: ['json:subscription.type'] },
    handshakes: [
      {
        method: 'POST',
        when: [['header:Twitch-Eventsub-Message-Type', 'webhook_callback_verification']],
        signed: true,
        echo: 'json:challenge',
        reply: { text: '{echo}' }
      }
    ]
  }),
  preset({
    slug: 'youtube',
    name: 'YouTube',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'hub.secret of the subscription',
    settingsPath: 'The subscription request to the hub, as hub.callback',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Hub-Signature', prefix: 'sha1=', algorithm: 'sha1' }],
    identity: { id: [], type: [] },
    handshakes: [
      {
        method: 'GET',
        when: [['query:hub.mode', 'subscribe']],
        signed: false,
        token: { at: 'query:hub.topic', option: 'topic' },
        echo: 'query:hub.challenge',
        reply: { text: '{echo}' }
      }
    ],
    options: [
      { name: 'topic', label: 'Topic (hub.topic)', kind: 'text', help: 'Only this subscription is confirmed.' }
    ],
    sample: {
      contentType: 'application/atom+xml',
      body: '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>{id}</id></entry></feed>'
    }
  }),
  preset({
    slug: 'line',
    name: 'LINE Messaging',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'channel secret',
    settingsPath: 'developers.line.biz → your channel → Messaging API → Webhook URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:x-line-signature', encoding: 'base64' }],
    identity: { id: [], type: ['json:events.0.type'] }
  }),
  preset({
    slug: 'viber',
    name: 'Viber',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'auth token of the bot',
    settingsPath: 'POST /pa/set_webhook of its API, with this URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Viber-Content-Signature' }],
    identity: { id: ['json:message_token'], type: ['json:event'] }
  }),
  preset({
    slug: 'telegram',
    name: 'Telegram Bot API',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'secret_token',
    settingsPath: 'setWebhook of its API, with this URL',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:X-Telegram-Bot-Api-Secret-Token' }],
    identity: { id: ['json:update_id'], type: [] }
  }),
  preset({
    slug: 'ably',
    name: 'Ably',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'secret part of the API key (after the colon)',
    settingsPath: 'App → Integrations → New integration rule → Webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Ably-Signature', encoding: 'base64' }],
    identity: { id: [], type: ['json:items.0.name'] }
  }),
  preset({
    slug: 'pusher',
    name: 'Pusher Channels',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'secret of the app key',
    settingsPath: 'App → Webhooks → Add webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Pusher-Signature' }],
    identity: { id: [], type: ['json:events.0.name'] }
  }),
  preset({
    slug: 'sinch',
    name: 'Sinch Conversation',
    family: 'ts',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'Conversation API → your app → Add webhook',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: [
      {
        signature: 'header:x-sinch-webhook-signature',
        encoding: 'base64',
        signed: '{body}.{id}.{ts}',
        timestamp: { at: 'header:x-sinch-webhook-signature-timestamp', unit: 's', toleranceSeconds: 300 },
        id: 'header:x-sinch-webhook-signature-nonce'
      }
    ],
    identity: { id: ['json:event_id'], type: ['json:trigger'] }
  }),
  preset({
    slug: 'sinch-numbers',
    name: 'Sinch Numbers and Fax',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'callback secret',
    settingsPath: 'Numbers API → Callback configuration',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Sinch-Signature', algorithm: 'sha1' }],
    identity: { id: ['json:eventId'], type: ['json:eventType'] }
  }),
  preset({
    slug: 'sendbird',
    name: 'Sendbird',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'master API token',
    settingsPath: 'Settings → Chat → Webhooks',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Sendbird-Signature' }],
    identity: { id: [], type: ['json:category'] }
  }),
  preset({
    slug: 'mailersend',
    name: 'MailerSend',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'signing secret',
    settingsPath: 'Domains → your domain → Webhooks → Create webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:Signature' }],
    identity: { id: ['json:data.id'], type: ['json:type'] }
  }),
  preset({
    slug: 'postmark',
    name: 'Postmark',
    family: 'basic',
    confidence: 'unconfirmed',
    secretLabel: 'user:password',
    settingsPath: 'Server → your stream → Webhooks → Add webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Basic ', encoding: 'base64' }],
    identity: { id: [['json:MessageID', 'json:RecordType']], type: ['json:RecordType'] }
  })
];
