// Standard Webhooks (standardwebhooks.com) and the providers that sign by it.

import type { ProviderRow, SecretFilter, SignatureRow } from '../row.ts';

/** The two schemes of Standard Webhooks over headers with one prefix: symmetric `v1`, and `v1a` by a public key. */
const standardSchemes = (prefix: string): readonly SignatureRow[] => [
  { ...standardScheme(prefix, 'v1', { notStartingWith: 'whpk_' }), key: 'whsec' },
  { ...standardScheme(prefix, 'v1a', { startingWith: 'whpk_' }), key: 'whpk', proof: 'ed25519' }
];

function standardScheme(prefix: string, name: string, secrets: SecretFilter): SignatureRow {
  return {
    signature: `header:${prefix}-signature`,
    parts: { separator: ' ', delimiter: ',', name },
    encoding: 'base64',
    signed: '{id}.{ts}.{body}',
    id: `header:${prefix}-id`,
    timestamp: { at: `header:${prefix}-timestamp`, unit: 's', toleranceSeconds: 300 },
    secrets
  };
}

export const standardRows: readonly ProviderRow[] = [
  {
    slug: 'standard-webhooks',
    name: 'Standard Webhooks',
    family: 'std',
    confidence: 'vector',
    secretLabel: 'signing secret (whsec_…), or public key (whpk_…)',
    settingsPath: 'Wherever the sender keeps its webhook endpoints',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: standardSchemes('webhook'),
    identity: { id: ['header:webhook-id'], type: ['json:type', 'json:event_type'] },
    sample: {
      body: { type: 'contact.created', timestamp: '{now_iso}', data: { id: '{id}', email: 'jane@example.com' } }
    }
  },
  {
    slug: 'svix',
    name: 'Svix',
    family: 'std',
    confidence: 'vector',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'The sender’s webhook portal → Endpoints → Add endpoint',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: standardSchemes('svix'),
    identity: { id: ['header:svix-id'], type: ['json:type', 'json:event_type'] },
    sample: { body: { type: 'contact.created', timestamp: '{now_iso}', data: { id: '{id}' } } }
  },
  {
    slug: 'resend',
    name: 'Resend',
    family: 'std',
    confidence: 'vector',
    secretLabel: 'signing secret (whsec_…)',
    settingsPath: 'Webhooks → Add webhook',
    covers: 'The whole body, the id and the time it was sent.',
    schemes: standardSchemes('svix'),
    identity: { id: ['header:svix-id'], type: ['json:type'] },
    sample: {
      body: {
        type: 'email.delivered',
        created_at: '{now_iso}',
        data: { email_id: '{id}', from: 'shop@example.com', to: ['jane@example.com'], subject: 'Hello' }
      }
    }
  }
];
