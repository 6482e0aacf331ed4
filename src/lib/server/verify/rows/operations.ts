// What watches and runs software.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const operationsRows: readonly ProviderRow[] = [
  preset({
    slug: 'terraform-cloud',
    name: 'HCP Terraform notifications',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'notification token',
    settingsPath: 'Workspace → Settings → Notifications → Create a notification',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-TFE-Notification-Signature', algorithm: 'sha512' }],
    identity: { id: [], type: ['json:notifications.0.trigger'] }
  }),
  preset({
    slug: 'snyk',
    name: 'Snyk',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'POST /webhooks of Snyk’s API, with this URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Hub-Signature', prefix: 'sha256=' }],
    identity: { id: ['header:X-Snyk-Transport-ID'], type: ['header:X-Snyk-Event'] }
  }),
  preset({
    slug: 'sonarqube',
    name: 'SonarQube and SonarCloud',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Project settings → Webhooks → Create',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Sonar-Webhook-HMAC-SHA256' }],
    identity: { id: ['json:taskId'], type: ['json:status'] }
  }),
  preset({
    slug: 'nexus',
    name: 'Sonatype Nexus',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret key',
    settingsPath: 'Administration → System → Capabilities → Webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Nexus-Webhook-Signature', algorithm: 'sha1' }],
    identity: { id: ['header:X-Nexus-Webhook-Delivery'], type: ['header:X-Nexus-Webhook-ID'] }
  }),
  preset({
    slug: 'phabricator',
    name: 'Phabricator and Phorge',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'HMAC key',
    settingsPath: 'Herald → Webhooks → Create webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Phabricator-Webhook-Signature' }],
    identity: { id: ['json:triggers.0.phid'], type: ['json:object.type'] }
  }),
  preset({
    slug: 'heroku',
    name: 'Heroku app webhooks',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'App → More → View webhooks → Create webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:Heroku-Webhook-Hmac-SHA256', encoding: 'base64' }],
    identity: { id: ['json:id'], type: [['json:resource', 'json:action']] }
  }),
  preset({
    slug: 'doppler',
    name: 'Doppler',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Project → Webhooks → Add webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Doppler-Signature', prefix: 'sha256=' }],
    identity: { id: [], type: ['json:type'] }
  }),
  preset({
    slug: 'cursor',
    name: 'Cursor',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'The request that starts a background agent, as webhook.url',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Webhook-Signature', prefix: 'sha256=' }],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'buildkite',
    name: 'Buildkite',
    family: 'ts-kv',
    confidence: 'source',
    secretLabel: 'webhook token',
    settingsPath: 'Settings → Notification services → Webhook',
    covers: 'With a signature the whole body and its time; with a token nothing: it proves the sender only.',
    schemes: [
      {
        signature: 'header:X-Buildkite-Signature',
        parts: { separator: ',', delimiter: '=', name: 'signature' },
        signed: '{ts}.{body}',
        timestamp: { part: 'timestamp', unit: 's', toleranceSeconds: 300 }
      },
      { proof: 'token', signature: 'header:X-Buildkite-Token' }
    ],
    identity: { id: [], type: ['header:X-Buildkite-Event', 'json:event'] }
  }),
  preset({
    slug: 'planetscale',
    name: 'PlanetScale',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Database → Settings → Webhooks → Add webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-PlanetScale-Signature' }],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'tailscale',
    name: 'Tailscale',
    family: 'ts-kv',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Settings → Webhooks → Add endpoint',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Tailscale-Webhook-Signature',
        parts: { separator: ',', delimiter: '=', name: 'v1' },
        signed: '{ts}.{body}',
        timestamp: { part: 't', unit: 's', toleranceSeconds: 300 }
      }
    ],
    identity: { id: [], type: ['json:0.type'] }
  }),
  preset({
    slug: 'grafana',
    name: 'Grafana alerting',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'HMAC secret',
    settingsPath: 'Alerting → Contact points → Webhook → HMAC signature',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Grafana-Alerting-Signature' }],
    identity: { id: [], type: ['json:status'] }
  })
];
