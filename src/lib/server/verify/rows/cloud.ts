// Clouds, and protocols that many senders share.

import type { Algorithm, ProviderRow, SignatureRow } from '../row.ts';

const webSubScheme = (algorithm: Algorithm): SignatureRow => ({
  signature: 'header:X-Hub-Signature',
  prefix: `${algorithm}=`,
  algorithm
});

export const cloudRows: readonly ProviderRow[] = [
  {
    slug: 'websub',
    name: 'WebSub (YouTube and other hubs)',
    family: 'raw',
    confidence: 'vector',
    secretLabel: 'hub.secret of the subscription',
    settingsPath: 'The subscription request to the hub, as hub.callback',
    covers: 'The whole body.',
    schemes: [webSubScheme('sha1'), webSubScheme('sha256'), webSubScheme('sha384'), webSubScheme('sha512')],
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
      body: '<feed xmlns="http://www.w3.org/2005/Atom"><title>Test</title><entry><id>{id}</id><updated>{now_iso}</updated></entry></feed>'
    }
  },
  {
    slug: 'cloudevents',
    name: 'CloudEvents over HTTP',
    family: 'token',
    confidence: 'source',
    secretLabel: 'access token',
    settingsPath: 'Wherever the sender keeps its webhook endpoints',
    covers: 'Nothing: the token proves the sender, not the body.',
    schemes: [
      { proof: 'token', signature: 'header:Authorization', prefix: 'Bearer ' },
      { proof: 'token', signature: 'query:access_token' }
    ],
    identity: {
      id: [
        ['header:ce-source', 'header:ce-id'],
        ['json:source', 'json:id']
      ],
      type: ['header:ce-type', 'json:type']
    },
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
    ],
    sample: {
      contentType: 'application/cloudevents+json',
      body: {
        specversion: '1.0',
        id: '{id}',
        source: '/example',
        type: 'com.example.test',
        time: '{now_iso}',
        data: {}
      }
    }
  },
  {
    slug: 'azure-event-grid',
    name: 'Azure Event Grid',
    family: 'token',
    confidence: 'source',
    secretLabel: 'key in the URL (?code=…)',
    settingsPath: 'Event subscription → Endpoint type: Web Hook → Endpoint, with ?code=<key> at its end',
    covers: 'Nothing: the key proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'query:code' }],
    // No id: a message is a list of events, and a retry need not hold the same ones.
    identity: { id: [], type: ['json:0.eventType'] },
    handshakes: [
      {
        method: 'POST',
        when: [['header:aeg-event-type', 'SubscriptionValidation']],
        signed: false,
        echo: 'json:0.data.validationCode',
        reply: { json: { validationResponse: '{echo}' } }
      }
    ],
    sample: {
      headers: [['aeg-event-type', 'Notification']],
      body: [
        {
          id: '{id}',
          topic: '/subscriptions/example',
          subject: 'test',
          eventType: 'Example.Test',
          eventTime: '{now_iso}',
          data: {},
          dataVersion: '1'
        }
      ]
    }
  }
];
