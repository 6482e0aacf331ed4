// Chat, telephone and mail.

import type { ProviderRow } from '../row.ts';
import { metaSubscription } from './meta.ts';

export const messagingRows: readonly ProviderRow[] = [
  {
    slug: 'slack',
    name: 'Slack',
    family: 'ts',
    confidence: 'vector',
    secretLabel: 'signing secret',
    settingsPath: 'api.slack.com/apps → your app → Event Subscriptions → Request URL',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:X-Slack-Signature',
        prefix: 'v0=',
        signed: 'v0:{ts}:{body}',
        timestamp: { at: 'header:X-Slack-Request-Timestamp', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: ['json:event_id'], type: ['json:event.type', 'json:type', 'form:command'] },
    jsonInForm: 'payload',
    handshakes: [
      {
        method: 'POST',
        when: [['json:type', 'url_verification']],
        signed: true,
        echo: 'json:challenge',
        reply: { text: '{echo}' }
      }
    ],
    sample: {
      body: {
        token: 'deprecated',
        team_id: 'T0123456789',
        api_app_id: 'A0123456789',
        event: {
          type: 'app_mention',
          user: 'U0123456789',
          text: 'Hello from a test message',
          ts: '{now}.000100',
          channel: 'C0123456789'
        },
        type: 'event_callback',
        event_id: 'Ev{id}',
        event_time: '{now}'
      }
    }
  },
  {
    slug: 'meta',
    name: 'Meta (Facebook, Instagram, Messenger, WhatsApp)',
    family: 'raw',
    confidence: 'vector',
    secretLabel: 'app secret',
    settingsPath: 'developers.facebook.com → your app → Webhooks → Callback URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Hub-Signature-256', prefix: 'sha256=' }],
    // No id: a message is a batch, and a retry need not hold the same changes.
    identity: { id: [], type: [['json:object', 'json:entry.0.changes.0.field']] },
    ...metaSubscription,
    sample: {
      body: {
        object: 'whatsapp_business_account',
        entry: [
          {
            id: '0',
            changes: [
              {
                field: 'messages',
                value: {
                  messaging_product: 'whatsapp',
                  messages: [
                    { from: '16315551234', id: 'wamid.{id}', timestamp: '{now}', type: 'text', text: { body: 'Hello' } }
                  ]
                }
              }
            ]
          }
        ]
      }
    }
  },
  {
    slug: 'twilio',
    name: 'Twilio',
    family: 'ctx',
    confidence: 'vector',
    secretLabel: 'auth token',
    settingsPath: 'Console → the phone number or service → its webhook fields',
    covers: 'The URL as it is configured at Twilio, and all fields of the body.',
    schemes: [
      {
        signature: 'header:X-Twilio-Signature',
        algorithm: 'sha1',
        encoding: 'base64',
        signed: '{url}{form_sorted}',
        urls: 'twilio',
        bodyHashInQuery: false
      },
      {
        signature: 'header:X-Twilio-Signature',
        algorithm: 'sha1',
        encoding: 'base64',
        signed: '{url}',
        urls: 'twilio',
        bodyHashInQuery: true
      }
    ],
    identity: {
      id: ['header:I-Twilio-Idempotency-Token'],
      type: ['form:MessageStatus', 'form:SmsStatus', 'form:CallStatus']
    },
    sample: {
      contentType: 'application/x-www-form-urlencoded',
      headers: [['I-Twilio-Idempotency-Token', '{id}']],
      body: 'MessageSid=SM{id}&SmsStatus=received&From=%2B14155550100&To=%2B14155550199&Body=Hello'
    }
  },
  {
    slug: 'sendgrid',
    name: 'SendGrid Event Webhook',
    family: 'asym',
    confidence: 'vector',
    secretLabel: 'verification key (public)',
    settingsPath: 'Settings → Mail Settings → Event Webhooks → Signature Verification',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        proof: 'ecdsa',
        signature: 'header:X-Twilio-Email-Event-Webhook-Signature',
        encoding: 'base64',
        key: 'spki',
        signed: '{ts}{body}',
        timestamp: { at: 'header:X-Twilio-Email-Event-Webhook-Timestamp', unit: 's', toleranceSeconds: null }
      }
    ],
    // No id: a message is a batch, and a retry need not hold the same events.
    identity: { id: [], type: ['json:0.event'] },
    sample: {
      body: [{ email: 'jane@example.com', event: 'delivered', sg_event_id: '{id}', timestamp: '{now}' }]
    }
  },
  {
    slug: 'mailgun',
    name: 'Mailgun',
    family: 'in-body',
    confidence: 'vector',
    secretLabel: 'HTTP webhook signing key',
    settingsPath: 'Send → Sending → Webhooks → Add webhook',
    covers: 'Only a timestamp and a token: not what happened, nor to whom.',
    schemes: [
      {
        signature: 'json:signature.signature',
        signed: '{json:signature.timestamp}{json:signature.token}',
        // Retries go on for 8 hours. Without any limit one signature seen once would be good for any body, for good.
        timestamp: { at: 'json:signature.timestamp', unit: 's', toleranceSeconds: 29_100 }
      },
      {
        signature: 'form:signature',
        signed: '{form:timestamp}{form:token}',
        timestamp: { at: 'form:timestamp', unit: 's', toleranceSeconds: 29_100 }
      }
    ],
    identity: { id: ['json:event-data.id'], type: ['json:event-data.event', 'form:event'] },
    sample: {
      body: { 'event-data': { id: '{id}', event: 'delivered', recipient: 'jane@example.com', timestamp: '{now}' } }
    }
  },
  {
    slug: 'nylas',
    name: 'Nylas',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Dashboard → Notifications → Create webhook',
    covers: 'The whole body, as it came (compressed or not).',
    schemes: [{ signature: 'header:X-Nylas-Signature' }],
    identity: { id: ['json:id'], type: ['json:type'] },
    handshakes: [
      {
        method: 'GET',
        when: [['query:challenge', null]],
        signed: false,
        echo: 'query:challenge',
        reply: { text: '{echo}' }
      }
    ],
    sample: {
      body: {
        specversion: '1.0',
        type: 'message.created',
        source: '/nylas/example',
        id: '{id}',
        time: '{now}',
        data: {}
      }
    }
  },
  {
    slug: 'x-twitter',
    name: 'X (Twitter)',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'consumer secret (API key secret)',
    settingsPath: 'POST /2/webhooks of X’s API, with this URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:x-twitter-webhooks-signature', prefix: 'sha256=', encoding: 'base64' }],
    identity: { id: [], type: [] },
    handshakes: [
      {
        method: 'GET',
        when: [['query:crc_token', null]],
        signed: false,
        echo: 'query:crc_token',
        // The answer is a MAC of a stranger's text by the key that signs events: it must not be text that could be one.
        echoPattern: /^[^\s{}[\]"]{1,100}$/,
        mac: { algorithm: 'sha256', encoding: 'base64', key: 'utf8' },
        reply: { json: { response_token: 'sha256={mac}' } }
      }
    ],
    sample: {
      body: { for_user_id: '1', tweet_create_events: [{ id_str: '1', text: 'Hello', created_at: '{now_iso}' }] }
    }
  }
];
