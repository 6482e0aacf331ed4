// /api/v1/messages/[id]/edit

import type { HeaderPair } from '#lib/inbox/types.ts';
import { operation, takesNothing } from '../operation.ts';
import { created, ok, problem } from '../reply.ts';
import { editedOut, edition } from '../schemas/edit.ts';
import { byUuid } from '../schemas/fields.ts';
import { previewOut } from '../schemas/message.ts';

export const edit = operation({
  ...{ ...takesNothing, method: 'POST', path: '/messages/{id}/edit', tag: 'message', permission: 'redeliver' },
  summary: 'Make a message from this one, and send it to HTTP destinations',
  description:
    'The new message is marked `edited` and linked to this one. It is signed afresh for each destination, claims no event, and no handler takes it: that can only be previewed.',
  params: byUuid,
  body: edition,
  replies: {
    200: { description: 'With dry_run: what would be sent, and what handlers would do', schema: previewOut },
    201: { description: 'The new message and its deliveries', schema: editedOut }
  },
  async handle({ parts: { editing }, params: { id }, body: asked, audit }) {
    const edited = {
      body: bodyOf(asked),
      headers: asked.headers ?? null,
      contentType: asked.content_type ?? null,
      destinationIds: asked.destinations
    };
    if (asked.dry_run) {
      const destinations = await editing.preview(id, edited);
      if ('refused' in destinations) return refused(destinations);
      return ok({ dry_run: true, effects: destinations.flatMap(({ effects }) => effects), destinations });
    }
    const sent = await editing.send(id, edited);
    if ('refused' in sent) return refused(sent);
    const detail = { edited: sent.id, deliveries: sent.deliveries.map((delivery) => delivery.id) };
    await audit({ action: 'message.edited', subject: `message ${id}`, detail });
    return created(sent);
  }
});

const refused = ({ refused: code, message }: { refused: string; message: string }) =>
  problem(code === 'not_found' ? 404 : 409, code, message);

function bodyOf({ body, body_base64: base64 }: { body?: string; body_base64?: string; headers?: HeaderPair[] }) {
  if (body !== undefined) return Buffer.from(body);
  return base64 === undefined ? null : Buffer.from(base64, 'base64');
}
