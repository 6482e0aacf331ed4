// Clouds and platforms that send a token.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const platformRows: readonly ProviderRow[] = [
  preset({
    slug: 'aws-eventbridge',
    name: 'AWS EventBridge API destinations',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'API key',
    settingsPath: 'EventBridge → API destinations → Connection',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:X-Api-Key' }],
    identity: { id: ['json:id'], type: ['json:detail-type'] }
  }),
  preset({
    slug: 'azure-event-grid-ce',
    name: 'Azure Event Grid (CloudEvents schema)',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'key in the URL (?code=…)',
    settingsPath: 'Event subscription → Endpoint type: Web Hook, with ?code=<key> at its end',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'query:code' }],
    identity: { id: [['json:source', 'json:id']], type: ['json:type'] },
    handshakes: [
      {
        method: 'OPTIONS',
        when: [['header:WebHook-Request-Origin', null]],
        signed: false,
        echo: 'header:WebHook-Request-Origin',
        echoPattern: /^[A-Za-z0-9.:_-]{1,255}$/,
        reply: {
          headers: [
            ['WebHook-Allowed-Origin', '{echo}'],
            ['WebHook-Allowed-Rate', '*'],
            ['Allow', 'POST']
          ],
          text: ''
        }
      }
    ]
  }),
  preset({
    slug: 'microsoft-graph',
    name: 'Microsoft Graph, SharePoint, Teams, Outlook',
    family: 'body-token',
    confidence: 'public',
    secretLabel: 'clientState',
    settingsPath: 'POST /subscriptions of its API, as notificationUrl',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'json:value.0.clientState' }],
    identity: { id: [], type: ['json:value.0.changeType'] },
    handshakes: [
      {
        method: 'POST',
        when: [['query:validationToken', null]],
        signed: false,
        echo: 'query:validationToken',
        reply: { text: '{echo}' }
      }
    ]
  }),
  preset({
    slug: 'google-watch',
    name: 'Google Calendar, Drive, Workspace watch',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'channel token',
    settingsPath: 'The watch request of its API, as address',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:X-Goog-Channel-Token' }],
    identity: {
      id: [['header:X-Goog-Channel-ID', 'header:X-Goog-Message-Number']],
      type: ['header:X-Goog-Resource-State']
    }
  }),
  preset({
    slug: 'okta',
    name: 'Okta event hooks',
    family: 'token',
    confidence: 'source',
    secretLabel: 'value of the Authorization field',
    settingsPath: 'Workflow → Event Hooks → Create Event Hook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization' }],
    identity: { id: [], type: ['json:data.events.0.eventType'] },
    handshakes: [
      {
        method: 'GET',
        when: [['header:X-Okta-Verification-Challenge', null]],
        signed: false,
        echo: 'header:X-Okta-Verification-Challenge',
        reply: { json: { verification: '{echo}' } }
      }
    ]
  }),
  preset({
    slug: 'auth0',
    name: 'Auth0 log and event streams',
    family: 'token',
    confidence: 'source',
    secretLabel: 'authorization token',
    settingsPath: 'Monitoring → Streams → Create log stream → Custom webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization' }],
    identity: { id: ['json:log_id', 'json:id'], type: ['json:data.type', 'json:type'] }
  }),
  preset({
    slug: 'strapi',
    name: 'Strapi',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'value of the Authorization header',
    settingsPath: 'Settings → Webhooks → Create new webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization' }],
    identity: { id: [], type: ['header:X-Strapi-Event', 'json:event'] }
  }),
  preset({
    slug: 'alertmanager',
    name: 'Prometheus Alertmanager',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'bearer token',
    settingsPath: 'alertmanager.yml → receivers → webhook_configs',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Bearer ' }],
    identity: { id: [], type: ['json:status'] }
  }),
  preset({
    slug: 'datadog',
    name: 'Datadog webhooks',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'value of the Authorization header',
    settingsPath: 'Integrations → Webhooks → New webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization' }],
    identity: { id: [], type: ['json:event_type'] }
  }),
  preset({
    slug: 'cloudflare-notifications',
    name: 'Cloudflare notifications',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Notifications → Destinations → Webhooks → Create',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:cf-webhook-auth' }],
    identity: { id: [], type: ['json:alert_type'] }
  }),
  preset({
    slug: 'prismic',
    name: 'Prismic',
    family: 'body-token',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Settings → Webhooks → Create webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'json:secret' }],
    identity: { id: [], type: ['json:type'] }
  }),
  preset({
    slug: 'datocms',
    name: 'DatoCMS',
    family: 'basic',
    confidence: 'unconfirmed',
    secretLabel: 'user:password',
    settingsPath: 'Project settings → Webhooks → Add a webhook',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Basic ', encoding: 'base64' }],
    identity: { id: ['json:webhook_call_id'], type: ['json:event_type'] }
  }),
  preset({
    slug: 'azure-devops',
    name: 'Azure DevOps service hooks',
    family: 'basic',
    confidence: 'unconfirmed',
    secretLabel: 'user:password',
    settingsPath: 'Project settings → Service hooks → Web Hooks',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Basic ', encoding: 'base64' }],
    identity: { id: ['json:id'], type: ['json:eventType'] }
  }),
  preset({
    slug: 'ringcentral',
    name: 'RingCentral',
    family: 'token',
    confidence: 'unconfirmed',
    secretLabel: 'verification token',
    settingsPath: 'POST /subscription of its API, as deliveryMode.address',
    covers: 'Nothing: the secret proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Verification-Token' }],
    identity: { id: ['json:uuid'], type: ['json:event'] },
    handshakes: [
      {
        method: 'POST',
        when: [['header:Validation-Token', null]],
        signed: false,
        echo: 'header:Validation-Token',
        echoPattern: /^[!-~]{1,200}$/,
        reply: { headers: [['Validation-Token', '{echo}']], text: '' }
      }
    ]
  })
];
