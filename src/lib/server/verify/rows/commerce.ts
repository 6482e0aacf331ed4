// Shops and the teams around them.

import type { ProviderRow } from '../row.ts';

export const commerceRows: readonly ProviderRow[] = [
  {
    slug: 'shopify',
    name: 'Shopify',
    family: 'raw',
    confidence: 'vector',
    secretLabel: 'client secret, or the signing secret shown below the webhooks',
    settingsPath: 'Settings → Notifications → Webhooks → Create webhook; or the app’s webhook subscriptions',
    covers: 'The whole body. Topic, shop and ids are in headers and not covered.',
    schemes: [
      { signature: 'header:X-Shopify-Hmac-Sha256', encoding: 'base64' },
      { signature: 'header:Shopify-Hmac-Sha256', encoding: 'base64' }
    ],
    identity: {
      id: ['header:X-Shopify-Event-Id', 'header:X-Shopify-Webhook-Id'],
      type: ['header:X-Shopify-Topic']
    },
    sample: {
      headers: [
        ['X-Shopify-Topic', 'orders/create'],
        ['X-Shopify-Shop-Domain', 'example.myshopify.com'],
        ['X-Shopify-Event-Id', '{id}'],
        ['X-Shopify-Webhook-Id', 'delivery-{id}'],
        ['X-Shopify-Triggered-At', '{now_iso}']
      ],
      body: {
        id: 450789469,
        admin_graphql_api_id: 'gid://shopify/Order/450789469',
        created_at: '{now_iso}',
        currency: 'EUR',
        email: 'jon@example.com',
        name: '#9999',
        total_price: '19.99',
        line_items: [{ title: 'Notebook', quantity: 1, price: '19.99' }]
      }
    }
  },
  {
    slug: 'hubspot',
    name: 'HubSpot',
    family: 'ctx',
    confidence: 'vector',
    secretLabel: 'client secret of the app',
    settingsPath: 'Developer account → your app → Webhooks → Target URL',
    covers: 'Version 3: method, URL, body and time. Version 2: method, URL and body. Version 1: the body.',
    schemes: [
      {
        signature: 'header:X-HubSpot-Signature-v3',
        encoding: 'base64',
        signed: '{method}{url_decoded}{body}{ts}',
        timestamp: { at: 'header:X-HubSpot-Request-Timestamp', unit: 'ms', toleranceSeconds: 300 }
      },
      {
        proof: 'digest',
        signature: 'header:X-HubSpot-Signature',
        constants: [['header:X-HubSpot-Signature-Version', 'v2']],
        signed: '{secret}{method}{url}{body}'
      },
      {
        proof: 'digest',
        signature: 'header:X-HubSpot-Signature',
        constants: [['header:X-HubSpot-Signature-Version', 'v1']],
        signed: '{secret}{body}'
      }
    ],
    // No id: a message is a batch of up to 100 events, and a retry need not hold the same ones.
    identity: { id: [], type: ['json:0.subscriptionType'] },
    sample: {
      body: [
        {
          eventId: 1,
          subscriptionId: 12345,
          portalId: 62515,
          occurredAt: '{now_ms}',
          subscriptionType: 'contact.creation',
          attemptNumber: 0,
          objectId: 123,
          changeSource: 'CRM'
        }
      ]
    }
  },
  {
    slug: 'notion',
    name: 'Notion',
    family: 'raw',
    confidence: 'vector',
    secretLabel: 'verification token (secret_…, arrives as the first message)',
    settingsPath: 'My integrations → your integration → Webhooks → Create a subscription',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Notion-Signature', prefix: 'sha256=' }],
    identity: { id: ['json:id'], type: ['json:type'] },
    // The token comes before there is any secret: it is answered and logged, for a person to copy out of the inbox.
    handshakes: [{ method: 'POST', when: [['json:verification_token', null]], signed: false, reply: { text: '' } }],
    sample: {
      body: { id: '{id}', timestamp: '{now_iso}', type: 'page.created', entity: { id: '{id}', type: 'page' }, data: {} }
    }
  },
  {
    slug: 'asana',
    name: 'Asana',
    family: 'raw',
    confidence: 'source',
    secretLabel: 'X-Hook-Secret (arrives as a header of the first message)',
    settingsPath: 'POST /webhooks of Asana’s API, with this URL as its target',
    covers: 'The whole body.',
    schemes: [{ signature: 'header:X-Hook-Signature' }],
    identity: { id: [], type: [['json:events.0.resource.resource_type', 'json:events.0.action']] },
    handshakes: [
      {
        method: 'POST',
        when: [['header:X-Hook-Secret', null]],
        signed: false,
        echo: 'header:X-Hook-Secret',
        echoPattern: /^[!-~]{1,200}$/,
        reply: { headers: [['X-Hook-Secret', '{echo}']], text: '' }
      }
    ],
    sample: {
      body: {
        events: [
          {
            action: 'changed',
            created_at: '{now_iso}',
            resource: { gid: '1', resource_type: 'task' },
            user: { gid: '2' }
          }
        ]
      }
    }
  }
];
