// Code hosts.

import type { ProviderRow } from '../row.ts';

export const codeRows: readonly ProviderRow[] = [
  {
    slug: 'github',
    name: 'GitHub',
    family: 'raw',
    confidence: 'vector',
    secretLabel: 'webhook secret',
    settingsPath: 'Repository or organisation → Settings → Webhooks → Add webhook',
    covers: 'The whole body. Event name and delivery id are in headers and not covered.',
    schemes: [{ signature: 'header:X-Hub-Signature-256', prefix: 'sha256=' }],
    identity: { id: ['header:X-GitHub-Delivery'], type: [['header:X-GitHub-Event', 'json:action']] },
    jsonInForm: 'payload',
    sample: {
      headers: [
        ['User-Agent', 'GitHub-Hookshot/test'],
        ['X-GitHub-Event', 'pull_request'],
        ['X-GitHub-Delivery', '{id}'],
        ['X-GitHub-Hook-ID', '1']
      ],
      body: {
        action: 'opened',
        number: 1,
        pull_request: {
          id: 1,
          number: 1,
          html_url: 'https://github.com/octocat/hello-world/pull/1',
          title: 'A test pull request',
          state: 'open',
          draft: false,
          merged: false,
          user: { login: 'octocat', id: 1 },
          created_at: '{now_iso}',
          updated_at: '{now_iso}',
          requested_reviewers: []
        },
        repository: {
          id: 1,
          name: 'hello-world',
          full_name: 'octocat/hello-world',
          html_url: 'https://github.com/octocat/hello-world',
          owner: { login: 'octocat', id: 1 }
        },
        sender: { login: 'octocat', id: 1 }
      }
    }
  },
  {
    slug: 'gitlab',
    name: 'GitLab',
    family: 'token',
    confidence: 'public',
    secretLabel: 'secret token, or signing token (whsec_…)',
    settingsPath: 'Project or group → Settings → Webhooks → Add new webhook',
    covers: 'With a signing token the whole body, id and time; with a secret token nothing: it proves the sender only.',
    schemes: [
      { proof: 'token', signature: 'header:X-Gitlab-Token', secrets: { notStartingWith: 'whsec_' } },
      {
        signature: 'header:webhook-signature',
        parts: { separator: ' ', delimiter: ',', name: 'v1' },
        encoding: 'base64',
        key: 'whsec',
        signed: '{id}.{ts}.{body}',
        id: 'header:webhook-id',
        timestamp: { at: 'header:webhook-timestamp', unit: 's', toleranceSeconds: 300 },
        secrets: { startingWith: 'whsec_' }
      }
    ],
    identity: {
      // Not X-Gitlab-Event-UUID: hooks that trigger one another share it, and the later events would count as duplicates.
      id: ['header:Idempotency-Key', 'header:webhook-id'],
      type: ['json:object_kind', 'json:event_name', 'header:X-Gitlab-Event']
    },
    sample: {
      headers: [
        ['X-Gitlab-Event', 'Push Hook'],
        ['X-Gitlab-Instance', 'https://gitlab.example.com'],
        ['Idempotency-Key', '{id}']
      ],
      body: {
        object_kind: 'push',
        event_name: 'push',
        ref: 'refs/heads/main',
        before: '0000000000000000000000000000000000000000',
        after: 'da1560886d4f094c3e6c9ef40349f7d38b5d27d7',
        user_name: 'Jane Doe',
        project: { id: 1, name: 'example', web_url: 'https://gitlab.example.com/jane/example' },
        total_commits_count: 1
      }
    }
  },
  {
    slug: 'bitbucket',
    name: 'Bitbucket Cloud',
    family: 'raw',
    confidence: 'vector',
    secretLabel: 'webhook secret',
    settingsPath: 'Repository settings → Webhooks → Add webhook',
    covers: 'The whole body. Event name and request id are in headers and not covered.',
    schemes: [{ signature: 'header:X-Hub-Signature', prefix: 'sha256=' }],
    identity: { id: ['header:X-Request-UUID'], type: ['header:X-Event-Key'] },
    sample: {
      headers: [
        ['X-Event-Key', 'repo:push'],
        ['X-Request-UUID', '{id}'],
        ['X-Attempt-Number', '1']
      ],
      body: {
        actor: { display_name: 'Jane Doe', type: 'user' },
        repository: { full_name: 'jane/example', name: 'example' },
        push: { changes: [{ new: { type: 'branch', name: 'main' } }] }
      }
    }
  }
];
