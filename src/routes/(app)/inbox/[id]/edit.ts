// Edit and send, on the page: the form as it is filled in at first, and what comes back of it.

import { error, fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import { editableText, headerLines, readHeaderLines, textAfterEdit } from '#lib/inbox/edited-text.ts';
import { listSearch } from '#lib/inbox/inbox-query.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { headerPairs } from '#lib/server/api/schemas/edit.ts';
import { app } from '#lib/server/app.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { keptHeaders, type Edit } from '#lib/server/edit.ts';
import { readBody } from '#lib/server/log/body.ts';
import type { MessageEnvelope } from '#lib/server/log/read.ts';
import { listDestinations } from '#lib/server/routing/destinations.ts';
import type { Preview } from '#lib/server/deliver/preview.ts';
import type { RequestEvent } from './$types';

/** What the form of a message begins with. */
export interface EditForm extends Filled {
  isJson: boolean;
  destinations: { id: number; name: string; url: string | null }[];
}

export async function editForm(message: MessageEnvelope): Promise<EditForm> {
  const { database, routing } = app();
  const [bytes, destinations] = await Promise.all([readBody(database, message.id), listDestinations(database)]);
  const source = routing.sourceById(message.source.id) ?? { provider: 'none', options: {} };
  const went = message.deliveries.map(({ destination }) => destination.id);
  const http = destinations.filter(({ kind }) => kind === 'http');
  return {
    text: bytes === null ? '' : editableText(bytes),
    isJson: message.is_json,
    headers: headerLines(keptHeaders(message.headers, source)),
    destinations: http.map(({ id, name, url }) => ({ id, name, url })),
    chosen: http.filter(({ id }) => went.includes(id)).map(({ id }) => id)
  };
}

interface Filled {
  /** null: the bytes are no text, or too many: they are sent as they are. */
  text: string | null;
  headers: string;
  /** Ids of destinations. */
  chosen: number[];
}

/** What comes back to the form: what was filled in, and what it would do or why it cannot. */
export interface EditedForm extends Filled {
  problem: string | null;
  previews: Preview[] | null;
}

export async function previewEdited(event: RequestEvent) {
  const { filled, edit } = await readForm(event);
  if (typeof edit === 'string') return refused(filled, { status: 400, problem: edit });
  const previews = await app().editing.preview(event.params.id, edit);
  if ('refused' in previews) return refused(filled, { status: 409, problem: previews.message });
  const edited: EditedForm = { ...filled, problem: null, previews };
  return { edited };
}

export async function sendEdited(event: RequestEvent) {
  const { database, editing } = app();
  const { filled, edit } = await readForm(event);
  if (typeof edit === 'string') return refused(filled, { status: 400, problem: edit });
  const sent = await editing.send(event.params.id, edit);
  if ('refused' in sent) return refused(filled, { status: 409, problem: sent.message });
  await audit(database, {
    actor: event.locals.principal ?? 'system',
    ...{ action: 'message.edited', subject: `message ${event.params.id}` },
    detail: { edited: sent.id, deliveries: sent.deliveries.map(({ id }) => id) }
  });
  redirect(303, `/inbox/${sent.id}${listSearch(event.url.searchParams)}`);
}

function refused(filled: Filled, { status, problem }: { status: number; problem: string }) {
  const edited: EditedForm = { ...filled, problem, previews: null };
  return fail(status, { edited });
}

/** What was filled in, and the edit that it says, or a sentence about what it cannot be. */
async function readForm({ params, request }: RequestEvent): Promise<{ filled: Filled; edit: Edit | string }> {
  const data = await request.formData();
  const [text, headers] = [textOf(data, 'body'), textOf(data, 'headers') ?? ''];
  const chosen = data
    .getAll('destination')
    .flatMap((id) => (typeof id === 'string' && /^[1-9]\d{0,8}$/.test(id) ? [Number(id)] : []));
  const filled = { text, headers, chosen };
  const pairs = checkedHeaders(headers);
  if (typeof pairs === 'string') return { filled, edit: pairs };
  const body = text === null ? null : await bodyAfterEdit(params.id, text);
  return { filled, edit: { body, headers: pairs, contentType: null, destinationIds: chosen } };
}

function textOf(data: FormData, name: string): string | null {
  const value = data.get(name);
  return typeof value === 'string' ? value : null;
}

function checkedHeaders(text: string): HeaderPair[] | string {
  const pairs = readHeaderLines(text);
  if (typeof pairs === 'string') return pairs;
  const checked = v.safeParse(headerPairs, pairs);
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  return `The headers cannot be sent: ${issue.message} ("${String(issue.input).slice(0, 60)}").`;
}

async function bodyAfterEdit(id: string, submitted: string): Promise<Buffer> {
  const bytes = await readBody(app().database, id);
  const original = bytes === null ? '' : editableText(bytes);
  if (original === null) error(400, 'The body of this message is not edited as text.');
  return Buffer.from(textAfterEdit(original, submitted));
}
