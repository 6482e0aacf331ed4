// One message: what happened to it, and to deliver it again, after a look at what that would change.

import { error, fail } from '@sveltejs/kit';
import { maskHeaders } from '#lib/inbox/inbox-headers.ts';
import { app } from '#lib/server/app.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { readDelivery } from '#lib/server/log/read-delivery.ts';
import { readEnvelope } from '#lib/server/log/read.ts';
import { editsOf } from '#lib/server/edit.ts';
import type { Actions, PageServerLoad, RequestEvent } from './$types';
import { editForm, previewEdited, sendEdited } from './edit.ts';

export const load: PageServerLoad = async ({ depends, locals, params, url }) => {
  depends('holdfast:message');
  if (!allows(locals.principal, 'read')) error(403, 'Your role does not read messages.');
  const { config, database, hub } = app();
  const since = hub.position();
  const envelope = await readEnvelope(database, params.id);
  if (envelope === null) error(404, `There is no message ${params.id}.`);
  const { deliveries, headers, ...message } = envelope;
  const [edits, edit] = await Promise.all([
    editsOf(database, params.id),
    url.searchParams.has('edit') && allows(locals.principal, 'redeliver') ? editForm(envelope) : null
  ]);
  const details = await Promise.all(deliveries.map(({ id }) => readDelivery(database, id)));
  const reveal = url.searchParams.has('reveal');
  const query = message.query === '' ? '' : `?${message.query}`;
  return {
    message,
    /** The form that makes a new message from this one, when it is asked for. */
    edit,
    /** Messages that were made from this one. */
    edits: edits.map(({ id, received_at: at, status }) => ({ id, at, status })),
    deliveries: details.filter((delivery) => delivery !== null),
    headers: reveal ? headers : maskHeaders(headers),
    reveal,
    url: `${config.publicUrl?.origin ?? url.origin}${message.path}${query}`,
    live: { since }
  };
};

function mayRedeliver({ locals }: RequestEvent, what = 're-deliver messages'): void {
  if (!allows(locals.principal, 'redeliver')) error(403, `Only members, admins and owners ${what}.`);
}

/** One destination, or all that the message has gone or would go to. */
async function chosen({ request }: RequestEvent): Promise<{ destinationId?: number }> {
  const text = (await request.formData()).get('destination');
  return typeof text === 'string' && /^[1-9]\d{0,8}$/.test(text) ? { destinationId: Number(text) } : {};
}

export const actions: Actions = {
  preview: async (event) => {
    mayRedeliver(event);
    const options = await chosen(event);
    const previews = await app().deliver.preview(event.params.id, options);
    if (previews === null) error(404, `There is no message ${event.params.id}.`);
    return { previews, destinationId: options.destinationId ?? null };
  },

  redeliver: async (event) => {
    mayRedeliver(event);
    const { database, deliver, teller } = app();
    const options = await chosen(event);
    const result = await deliver.redeliver(event.params.id, options);
    if ('refused' in result) return fail(409, { refused: result.message });
    const ids = result.deliveries.map(({ id }) => id);
    await audit(database, {
      actor: event.locals.principal ?? 'system',
      ...{ action: 'message.redelivered', subject: `message ${event.params.id}` },
      detail: { destination: options.destinationId ?? null, deliveries: ids }
    });
    teller.requeued(ids);
    return { redelivered: ids.length, wasBefore: result.deliveries };
  },

  previewEdited: (event) => {
    mayRedeliver(event, 'edit messages');
    return previewEdited(event);
  },

  sendEdited: (event) => {
    mayRedeliver(event, 'edit messages');
    return sendEdited(event);
  },

  reverify: async (event) => {
    mayRedeliver(event, 'verify messages again');
    const { database, mending } = app();
    const result = await mending.reverify(event.params.id);
    if ('refused' in result) return fail(409, { refused: result.message });
    const { verification, duplicate_of: duplicateOf, deliveries } = result;
    await audit(database, {
      actor: event.locals.principal ?? 'system',
      ...{ action: 'message.reverified', subject: `message ${event.params.id}` },
      detail: { verification: verification.status, deliveries: deliveries.map(({ id }) => id) }
    });
    return { reverified: { isValid: verification.status === 'valid', duplicateOf, deliveries: deliveries.length } };
  }
};
