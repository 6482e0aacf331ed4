// Files and signatures on paper.

import type { ProviderRow, SignatureRow } from '../row.ts';

/** Box signs twice, by a primary and a secondary key, so that one of them can be changed at a time. */
const boxScheme = (which: 'PRIMARY' | 'SECONDARY'): SignatureRow => ({
  signature: `header:BOX-SIGNATURE-${which}`,
  encoding: 'base64',
  signed: '{body}{ts}',
  timestamp: { at: 'header:BOX-DELIVERY-TIMESTAMP', unit: 'rfc3339', toleranceSeconds: 600 },
  constants: [
    ['header:BOX-SIGNATURE-VERSION', '1'],
    ['header:BOX-SIGNATURE-ALGORITHM', 'HmacSHA256']
  ]
});

export const documentRows: readonly ProviderRow[] = [
  {
    slug: 'box',
    name: 'Box',
    family: 'ts',
    confidence: 'vector',
    secretLabel: 'primary or secondary signature key',
    settingsPath: 'Developer Console → your app → Webhooks → Create webhook',
    covers: 'The whole body and the time it was sent.',
    schemes: [boxScheme('PRIMARY'), boxScheme('SECONDARY')],
    identity: { id: ['header:BOX-DELIVERY-ID'], type: ['json:trigger'] },
    sample: {
      headers: [['BOX-DELIVERY-ID', '{id}']],
      body: {
        type: 'webhook_event',
        id: '{id}',
        created_at: '{now_iso}',
        trigger: 'FILE.UPLOADED',
        webhook: { id: '1', type: 'webhook' },
        source: { id: '1', type: 'file', name: 'Test.txt' }
      }
    }
  },
  {
    slug: 'dropbox-sign',
    name: 'Dropbox Sign',
    family: 'in-body',
    confidence: 'vector',
    secretLabel: 'API key',
    settingsPath: 'API settings → Account callback, or the callback of your API app',
    covers: 'Only the time and the type of the event: not which document it is about.',
    schemes: [
      {
        signature: 'json:event.event_hash',
        signed: '{json:event.event_time}{json:event.event_type}',
        timestamp: { at: 'json:event.event_time', unit: 's', toleranceSeconds: null }
      }
    ],
    identity: {
      // The hash alone is the same for two documents in one second.
      id: [['json:event.event_hash', 'json:signature_request.signature_request_id']],
      type: ['json:event.event_type']
    },
    jsonInForm: 'json',
    acceptedReply: 'Hello API Event Received',
    sample: { body: { event: { event_time: '{now}', event_type: 'signature_request_signed', event_hash: '' } } }
  }
];
