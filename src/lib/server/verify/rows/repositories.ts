// Repositories, builds and their packages.

import type { ProviderRow } from '../row.ts';
import { preset } from './preset.ts';

export const repositoriesRows: readonly ProviderRow[] = [
  preset({
    slug: 'bitbucket-dc',
    name: 'Bitbucket Data Center',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Repository settings → Webhooks → Create webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Hub-Signature', prefix: 'sha256=' }],
    identity: { id: ['header:X-Request-Id'], type: ['header:X-Event-Key'] }
  }),
  preset({
    slug: 'gitea',
    name: 'Gitea',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Repository → Settings → Webhooks → Add webhook → Gitea',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Gitea-Signature' }],
    identity: { id: ['header:X-Gitea-Delivery'], type: ['header:X-Gitea-Event'] }
  }),
  preset({
    slug: 'forgejo',
    name: 'Forgejo and Codeberg',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Repository → Settings → Webhooks → Add webhook → Forgejo',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Forgejo-Signature' }],
    identity: { id: ['header:X-Forgejo-Delivery'], type: ['header:X-Forgejo-Event'] }
  }),
  preset({
    slug: 'gogs',
    name: 'Gogs',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'webhook secret',
    settingsPath: 'Repository → Settings → Webhooks → Add a new webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Gogs-Signature' }],
    identity: { id: ['header:X-Gogs-Delivery'], type: ['header:X-Gogs-Event'] }
  }),
  preset({
    slug: 'vercel',
    name: 'Vercel',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret, or the integration’s client secret',
    settingsPath: 'Team → Settings → Webhooks → Create webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:x-vercel-signature', algorithm: 'sha1' }],
    identity: { id: ['json:id'], type: ['json:type'] }
  }),
  preset({
    slug: 'vercel-drains',
    name: 'Vercel log drains',
    family: 'raw',
    confidence: 'unconfirmed',
    secretLabel: 'drain secret',
    settingsPath: 'Team → Settings → Drains → Add drain',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:x-vercel-signature', algorithm: 'sha1' }],
    identity: { id: ['json:0.id'], type: [] }
  }),
  preset({
    slug: 'circleci',
    name: 'CircleCI',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'Project settings → Webhooks → Add webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:circleci-signature', parts: { separator: ',', delimiter: '=', name: 'v1' } }],
    identity: { id: ['json:id'], type: ['header:circleci-event-type', 'json:type'] }
  }),
  preset({
    slug: 'npm',
    name: 'npm registry hooks',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'hook secret',
    settingsPath: 'npm hook add, with this URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:x-npm-signature', prefix: 'sha256=' }],
    identity: { id: [], type: ['json:event'] }
  }),
  preset({
    slug: 'sentry',
    name: 'Sentry',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'client secret of the integration',
    settingsPath: 'Settings → Custom integrations → Webhook URL',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:Sentry-Hook-Signature' }],
    identity: { id: ['header:Request-ID'], type: [['header:Sentry-Hook-Resource', 'json:action']] }
  }),
  preset({
    slug: 'linear',
    name: 'Linear',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'signing secret',
    settingsPath: 'Settings → API → Webhooks → New webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [
      {
        signature: 'header:Linear-Signature',
        timestamp: { at: 'json:webhookTimestamp', unit: 'ms', toleranceSeconds: 60 }
      }
    ],
    identity: { id: ['header:Linear-Delivery'], type: [['json:type', 'json:action']] },
    sample: {
      headers: [
        ['Linear-Delivery', '{id}'],
        ['Linear-Event', 'Issue']
      ],
      body: { action: 'create', type: 'Issue', webhookTimestamp: '{now_ms}', data: { id: '{id}' } }
    }
  }),
  preset({
    slug: 'jira',
    name: 'Jira Cloud',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'webhook secret',
    settingsPath: 'Settings → System → WebHooks → Create a WebHook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Hub-Signature', prefix: 'sha256=' }],
    identity: { id: ['header:X-Atlassian-Webhook-Identifier'], type: ['json:webhookEvent'] }
  }),
  preset({
    slug: 'pagerduty',
    name: 'PagerDuty',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'webhook signing secret',
    settingsPath: 'Integrations → Generic Webhooks (v3) → New Webhook',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-PagerDuty-Signature', parts: { separator: ',', delimiter: '=', name: 'v1' } }],
    identity: { id: ['json:event.id'], type: ['json:event.event_type'] }
  }),
  preset({
    slug: 'launchdarkly',
    name: 'LaunchDarkly',
    family: 'raw',
    confidence: 'public',
    secretLabel: 'webhook secret',
    settingsPath: 'Integrations → Webhooks → Add integration',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-LD-Signature' }],
    identity: { id: ['json:_id'], type: ['json:kind'] }
  })
];
