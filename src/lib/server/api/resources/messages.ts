// /api/v1/messages

import { payloadText, readBody } from '#lib/server/log/body.ts';
import { deleteMessage } from '#lib/server/log/erase.ts';
import { listMessages } from '#lib/server/log/list.ts';
import { readEnvelope } from '#lib/server/log/read.ts';
import { operation, takesNothing } from '../operation.ts';
import { accepted, deleted, notFound, ok, problem } from '../reply.ts';
import { byUuid } from '../schemas/fields.ts';
import {
  messageOut,
  messagePageOut,
  messageQuery,
  previewOut,
  redeliveredOut,
  redelivery,
  reverifiedOut
} from '../schemas/message.ts';

const tag = 'message';

export const list = operation({
  ...{ ...takesNothing, method: 'GET', path: '/messages', tag, permission: 'read' },
  summary: 'List messages',
  description: 'Newest first. A page can be short and still have a next_cursor: a rare filter is searched bit by bit.',
  query: messageQuery,
  replies: { 200: { description: 'Messages', schema: messagePageOut } },
  handle: async ({ parts, query }) => ok(await listMessages(parts.database, query))
});

export const read = operation({
  ...{ ...takesNothing, method: 'GET', path: '/messages/{id}', tag, permission: 'read' },
  summary: 'Read a message',
  params: byUuid,
  replies: { 200: { description: 'The message', schema: messageOut } },
  async handle({ parts: { database }, params }) {
    const [envelope, payload] = await Promise.all([
      readEnvelope(database, params.id),
      payloadText(database, params.id)
    ]);
    if (envelope === null) return notFound(`message ${params.id}`);
    const { is_json: _, ...message } = envelope;
    // The stored text goes into the answer as it is: JSON.parse would round numbers and drop repeated keys.
    const text = `${JSON.stringify(message).slice(0, -1)},"payload":${payload ?? 'null'}}`;
    return { kind: 'json-text', status: 200, text };
  }
});

export const body = operation({
  ...{ ...takesNothing, method: 'GET', path: '/messages/{id}/body', tag, permission: 'read' },
  summary: 'Read the body of a message, byte for byte',
  params: byUuid,
  replies: { 200: { description: 'The exact bytes, to be saved', contentType: 'application/octet-stream' } },
  async handle({ parts: { database }, params }) {
    const bytes = await readBody(database, params.id);
    if (bytes !== null) return { kind: 'bytes', status: 200, bytes, headers: inert(params.id) };
    if ((await readEnvelope(database, params.id)) === null) return notFound(`message ${params.id}`);
    return problem(
      404,
      'body_not_kept',
      'The body was not kept: the budget for invalid messages of the source was used up.'
    );
  }
});

/** Nobody's browser is to make anything of what a stranger sent. */
function inert(id: string): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${id}.bin"`,
    'content-security-policy': "default-src 'none'; sandbox"
  };
}

export const remove = operation({
  ...{ ...takesNothing, method: 'DELETE', path: '/messages/{id}', tag, permission: 'manage' },
  summary: 'Erase a message',
  description: 'Its content, its deliveries and their attempts are gone everywhere. Ledger entries that it made stay.',
  params: byUuid,
  replies: { 204: { description: 'It is gone' } },
  async handle({ parts, params, audit }) {
    if (!(await deleteMessage(parts.database, params.id))) return notFound(`message ${params.id}`);
    await audit({ action: 'message.erased', subject: `message ${params.id}` });
    return deleted;
  }
});

const STATUS_OF_REFUSAL = { not_found: 404, no_destination: 409, not_received_valid: 409 };

export const redeliver = operation({
  ...{ ...takesNothing, method: 'POST', path: '/messages/{id}/redeliver', tag, permission: 'redeliver' },
  summary: 'Deliver a message again, or see what that would change',
  description:
    'The same bytes and the same message id. What was applied before is not applied again. What was not received valid is refused by handlers (409).',
  params: byUuid,
  body: redelivery,
  replies: {
    200: { description: 'With dry_run: the effects, none of them applied', schema: previewOut },
    202: { description: 'The deliveries that are on their way', schema: redeliveredOut }
  },
  async handle({ parts: { deliver }, params, body, audit }) {
    const options = body.destination === undefined ? {} : { destinationId: body.destination };
    if (body.dry_run) {
      const destinations = await deliver.preview(params.id, options);
      if (destinations === null) return notFound(`message ${params.id}`);
      return ok({ dry_run: true, effects: destinations.flatMap(({ effects }) => effects), destinations });
    }
    const result = await deliver.redeliver(params.id, options);
    if ('refused' in result) return problem(STATUS_OF_REFUSAL[result.refused], result.refused, result.message);
    const ids = result.deliveries.map(({ id }) => id);
    const detail = { destination: body.destination ?? null, deliveries: ids };
    await audit({ action: 'message.redelivered', subject: `message ${params.id}`, detail });
    return accepted({ deliveries: ids.map((id) => ({ id })) });
  }
});

const isMissing = (refusal: string): boolean => refusal === 'not_found';

export const reverify = operation({
  ...{ ...takesNothing, method: 'POST', path: '/messages/{id}/reverify', tag, permission: 'redeliver' },
  summary: 'Verify an invalid message again',
  description:
    "The stored bytes are judged at the time they were received, with the source's present secrets. What is found valid is delivered.",
  params: byUuid,
  replies: { 200: { description: 'What the message is now', schema: reverifiedOut } },
  async handle({ parts: { mending }, params, audit }) {
    const result = await mending.reverify(params.id);
    if ('refused' in result) return problem(isMissing(result.refused) ? 404 : 409, result.refused, result.message);
    const detail = { verification: result.verification.status, deliveries: result.deliveries.map(({ id }) => id) };
    await audit({ action: 'message.reverified', subject: `message ${params.id}`, detail });
    return ok(result);
  }
});
