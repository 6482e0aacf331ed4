// The form of a filter, as rows or as JSON: what it begins with, and what it says.

import * as v from 'valibot';
import type { ConnectionFilter } from '#lib/inbox/connection-filter.ts';
import { filterOfRows, rowsOf, type FilterRow } from '#lib/inbox/filter-rows.ts';
import { connectionFilter } from '#lib/server/api/schemas/connection.ts';

const SPARE_ROWS = 2;
const MAX_ROWS = 20;

/** What stands in the form. */
export interface FilterForm {
  as: 'rows' | 'text';
  eventTypes: string;
  rows: FilterRow[];
  json: string;
}

/** @param asText wanted as JSON; a filter that rows can't say always is */
export function formOf(filter: ConnectionFilter | null, asText: boolean): FilterForm {
  const rows = rowsOf(filter);
  const spare = Array.from({ length: SPARE_ROWS }, () => ({ field: '', test: 'equals', value: '' }));
  return {
    as: asText || rows === null ? 'text' : 'rows',
    eventTypes: filter?.event_types?.join(', ') ?? '',
    rows: [...(rows ?? []), ...spare],
    json: JSON.stringify(filter, null, 2)
  };
}

/** Reads the form, and the filter that it says, or sentences about why it is none. */
export function readFilterForm(data: FormData): {
  form: FilterForm;
  filter: ConnectionFilter | null;
  problems: string[];
} {
  const [fields, tests, values] = ['field', 'test', 'value'].map((name) => data.getAll(name).map(textOf));
  const rows = (fields ?? [])
    .slice(0, MAX_ROWS)
    .map((field, index) => ({ field, test: tests?.[index] ?? '', value: values?.[index] ?? '' }));
  const json = textOf(data.get('json'));
  const form: FilterForm = {
    ...{ as: data.has('json') ? ('text' as const) : ('rows' as const) },
    ...{ eventTypes: textOf(data.get('event_types')), rows, json }
  };
  const read = form.as === 'text' ? parsed(json) : filterOfRows(form.eventTypes, rows);
  if (read.problems.length > 0) return { form, filter: null, problems: read.problems };
  return { form, ...checked(read.filter) };
}

const textOf = (value: FormDataEntryValue | null): string => (typeof value === 'string' ? value : '');

function parsed(json: string): { filter: unknown; problems: string[] } {
  try {
    const filter: unknown = json.trim() === '' ? null : JSON.parse(json);
    return { filter, problems: [] };
  } catch (error) {
    return { filter: null, problems: [`This is not JSON: ${error instanceof Error ? error.message : String(error)}.`] };
  }
}

function checked(filter: unknown): { filter: ConnectionFilter | null; problems: string[] } {
  const result = v.safeParse(v.nullable(connectionFilter), filter);
  if (result.success) return { filter: result.output, problems: [] };
  return {
    filter: null,
    problems: result.issues.map((issue) => `${v.getDotPath(issue) ?? 'The filter'}: ${issue.message}.`)
  };
}
