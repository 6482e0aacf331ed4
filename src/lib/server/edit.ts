// Edit and send: a new message made from one in the log, linked to it, marked `edited`, for HTTP destinations and for
// previews of handlers. Nobody makes money by editing: handlers refuse it, and it is never routed by itself.

import { isSecretHeader, messageHeaders } from '#lib/inbox/inbox-headers.ts';
import type { HeaderPair, MessageSummary } from '#lib/inbox/types.ts';
import type { Database } from '#lib/server/database/connect.ts';
import type { Deliver } from '#lib/server/deliver/deliver.ts';
import type { Preview } from '#lib/server/deliver/preview.ts';
import type { Target } from '#lib/server/deliver/targets.ts';
import type { Arrival } from '#lib/server/door/door.ts';
import { splitUrl } from '#lib/server/door/target.ts';
import { readBody } from '#lib/server/log/body.ts';
import { readEnvelope, type MessageEnvelope } from '#lib/server/log/read.ts';
import { loadSummaries } from '#lib/server/log/summaries.ts';
import type { Routing } from '#lib/server/routing/cache.ts';
import { listDestinations } from '#lib/server/routing/destinations.ts';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import type { WayIn } from './way-in.ts';
import { filtered, proofHeaders, storedMessage } from './way.ts';

export interface EditParts extends Pick<WayIn, 'makeEdited' | 'logEdited'> {
  database: Database;
  routing: Pick<Routing, 'sourceById'>;
  deliver: Pick<Deliver, 'connectionsFor' | 'previewOf'>;
}

export interface Edit {
  /** null: the original's, byte for byte. */
  body: Buffer | null;
  /** null: the original's, but for those that prove its sender. */
  headers: readonly HeaderPair[] | null;
  /** Takes the place of Content-Type; null: as it stands in the headers. */
  contentType: string | null;
  destinationIds: readonly number[];
}

type Refusal = 'not_found' | 'source_gone' | 'body_not_kept' | 'no_destination' | 'not_received_valid';
export type EditRefused = { refused: Refusal; message: string };
export type Edited = { id: string; deliveries: { id: string }[] };

interface Draft {
  made: Arrival;
  chosen: Target[];
  /** Handlers that would take it, had its sender sent it. */
  handlers: Target[];
}

/** Makes preview() and send(). */
export function createEditing(parts: EditParts) {
  return {
    /** What each chosen destination would be sent, and what the source's handlers would do. */
    async preview(id: string, edit: Edit): Promise<Preview[] | EditRefused> {
      const draft = await draftOf(parts, id, edit);
      if ('refused' in draft) return draft;
      const message = storedMessage(draft.made);
      const handlers = draft.handlers.filter((one) => !edit.destinationIds.includes(one.destinationId));
      const previews: Preview[] = [];
      for (const target of [...draft.chosen, ...handlers])
        previews.push(await parts.deliver.previewOf(message, target));
      return previews;
    },
    /** Logs the edited message and sends it on its way. Resolves after the commit. The caller writes the audit line. */
    async send(id: string, edit: Edit): Promise<Edited | EditRefused> {
      const draft = await draftOf(parts, id, edit);
      if ('refused' in draft) return draft;
      const refusal = refusalOf(draft.chosen);
      if (refusal) return refusal;
      const destinationIds = draft.chosen.map((target) => target.destinationId);
      const deliveries = await parts.logEdited(draft.made, { destinationIds, editedFrom: id });
      return { id: draft.made.id, deliveries: deliveries.map((delivery) => ({ id: delivery })) };
    }
  };
}

export type Editing = ReturnType<typeof createEditing>;

/** The messages that were made from this one and are still in the log, newest first: the audit log has which. */
export async function editsOf(database: Database, messageId: string): Promise<MessageSummary[]> {
  const rows = await database.web<{ id: string }[]>`
    select detail ->> 'edited' as id from audit_log
     where action = 'message.edited' and subject = ${`message ${messageId}`}
     order by audit_log.id desc limit 50`;
  return loadSummaries(
    database,
    rows.map(({ id }) => id)
  );
}

/** Headers that an edited message keeps: not what proves who sent the original, since they have not sent this. */
export function keptHeaders(headers: readonly HeaderPair[], source: Pick<RoutedSource, 'provider' | 'options'>) {
  const proof = proofHeaders(source);
  return messageHeaders(headers).filter(([name]) => !isSecretHeader(name) && !proof.has(name.toLowerCase()));
}

async function draftOf(parts: EditParts, id: string, edit: Edit): Promise<Draft | EditRefused> {
  const [message, original] = await Promise.all([readEnvelope(parts.database, id), readBody(parts.database, id)]);
  if (!message) return { refused: 'not_found', message: `There is no message ${id}.` };
  const source = parts.routing.sourceById(message.source.id);
  if (!source) {
    return { refused: 'source_gone', message: `The source ${message.source.slug} of message ${id} was deleted.` };
  }
  const body = edit.body ?? original;
  if (!body) return { refused: 'body_not_kept', message: `The body of message ${id} was not kept: give one.` };
  const made = parts.makeEdited(source, requestOf(message, { headers: headersOf(message, source, edit), body }), id);
  return withTargets(parts, made, edit.destinationIds);
}

function requestOf(message: MessageEnvelope, { headers, body }: { headers: readonly HeaderPair[]; body: Buffer }) {
  const { method, path, query } = message;
  return { method, url: path, path: splitUrl(path).path, query, headers, body };
}

function headersOf(message: MessageEnvelope, source: RoutedSource, { headers, contentType }: Edit): HeaderPair[] {
  const given = headers ?? keptHeaders(message.headers, source);
  if (contentType === null) return [...given];
  return [...given.filter(([name]) => name.toLowerCase() !== 'content-type'), ['Content-Type', contentType]];
}

async function withTargets(
  { database, deliver }: EditParts,
  made: Arrival,
  destinationIds: readonly number[]
): Promise<Draft | EditRefused> {
  const all = (await listDestinations(database)).map(({ id, name, handler, url }) => ({
    ...{ destinationId: id, name, handler, url, deliveryId: null, before: null, connected: false, orderKey: null }
  }));
  const wanted = [...new Set(destinationIds)];
  const missing = wanted.filter((id) => !all.some((one) => one.destinationId === id));
  if (missing.length > 0) {
    return { refused: 'no_destination', message: `There is no destination with the id ${missing.join(', ')}.` };
  }
  const routed = deliver.connectionsFor(made.source, filtered(made)).map((connection) => connection.destinationId);
  return {
    made,
    chosen: all.filter((one) => wanted.includes(one.destinationId)),
    handlers: all.filter((one) => one.handler !== null && routed.includes(one.destinationId))
  };
}

function refusalOf(chosen: readonly Target[]): EditRefused | null {
  if (chosen.length === 0) {
    return { refused: 'no_destination', message: 'Choose at least one HTTP destination to send it to.' };
  }
  const handler = chosen.find((target) => target.handler !== null);
  if (!handler) return null;
  return {
    refused: 'not_received_valid',
    message: `${handler.name} is a handler, and handlers take only what its sender sent: an edited message can be previewed there, never applied.`
  };
}
