// What all of Meta's webhooks have in common: how their endpoint is claimed.

import type { ProviderRow } from '../row.ts';

export const metaSubscription: Pick<ProviderRow, 'handshakes' | 'options'> = {
  handshakes: [
    {
      method: 'GET',
      when: [['query:hub.mode', 'subscribe']],
      signed: false,
      token: { at: 'query:hub.verify_token', option: 'verify_token' },
      echo: 'query:hub.challenge',
      reply: { text: '{echo}' }
    }
  ],
  options: [
    {
      name: 'verify_token',
      label: 'Verify token',
      kind: 'text',
      help: 'Made up by you; the same one goes into Meta.'
    }
  ]
};
