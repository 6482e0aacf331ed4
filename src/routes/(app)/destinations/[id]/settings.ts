// The settings form of a destination: from its fields to the change that the API would take.

import * as v from 'valibot';
import { destinationChange } from '#lib/server/api/schemas/destination.ts';
import type { DestinationChange } from '#lib/server/routing/destinations.ts';
import { formProblem, type FieldErrors, type FormProblem } from '#lib/ui/form.ts';

/** Where the form's field is called otherwise than the API's. */
const FIELD_OF: Record<string, string> = { order_key: 'order_by', retry: 'schedule' };
const OF_TLS = new Set(['ca', 'client_certificate', 'client_key', 'server_name']);

/** The name alone: a handler has nothing else to set. */
export function readName(data: FormData) {
  return parsed(data, { name: textOf(data, 'name') });
}

export function readSettings(data: FormData) {
  const schedule = textOf(data, 'schedule');
  return parsed(data, {
    ...{ name: textOf(data, 'name'), url: textOf(data, 'url'), method: textOf(data, 'method') || null },
    timeout_seconds: numberOf(data, 'timeout_seconds'),
    retry:
      schedule === ''
        ? null
        : {
            schedule_seconds: schedule
              .split(/[\s,;]+/)
              .filter(Boolean)
              .map(asNumber)
          },
    ...{ rate: numberOf(data, 'rate'), concurrency: numberOf(data, 'concurrency') },
    ...{ ordered: data.has('ordered'), order_key: data.has('ordered') ? textOf(data, 'order_by') || null : null },
    ...{ forward_path: data.has('forward_path'), headers: headersOf(data), tls: tlsOf(data) }
  });
}

function parsed(data: FormData, given: object): { change: DestinationChange } | { problem: FormProblem } {
  const result = v.safeParse(destinationChange, given);
  if (result.success) return { change: result.output };
  const errors: FieldErrors = {};
  for (const issue of result.issues) errors[fieldOf(issue)] ??= sentence(issue.message);
  return { problem: formProblem('settings', data, { errors }) };
}

/** What the API refuses only with what is stored in view. */
export function refusalOf(data: FormData, { field, problem }: { field: string; problem: string }): FormProblem {
  const name = field.split('.').at(-1) ?? field;
  return formProblem('settings', data, { errors: { [FIELD_OF[name] ?? name]: `This ${problem}.` } });
}

function fieldOf(issue: v.BaseIssue<unknown>): string {
  const [first = '', second = ''] = (issue.path ?? []).map((item) => String(item.key));
  if (first === 'tls') return OF_TLS.has(second) ? second : 'insecure';
  return FIELD_OF[first] ?? first;
}

function sentence(message: string): string {
  if (message.startsWith('Invalid')) return 'A number is needed.';
  return `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, '')}.`;
}

function textOf(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** What is no number stays text, for the schema to refuse. */
const asNumber = (text: string): number | string => (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text);

const numberOf = (data: FormData, name: string) => {
  const text = textOf(data, name);
  return text === '' ? null : asNumber(text);
};

/** A row without a name is none; one without a value keeps what is stored. */
function headersOf(data: FormData): [unknown, unknown][] {
  const [names, values] = [data.getAll('header_name'), data.getAll('header_value')];
  return names.flatMap((name, index): [unknown, unknown][] => (name === '' ? [] : [[name, values[index] || null]]));
}

function tlsOf(data: FormData): object | null {
  const tls: Record<string, string | boolean> = data.has('insecure') ? { verify: false, insecure: true } : {};
  for (const name of OF_TLS) {
    const text = textOf(data, name).replaceAll('\r\n', '\n');
    if (text !== '') tls[name] = text;
  }
  return Object.keys(tls).length === 0 ? null : tls;
}
