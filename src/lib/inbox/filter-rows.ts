// A connection's filter as rows of a form: a field, a test, a value in words. What rows can't say is edited as JSON.

import type { ConnectionFilter, FilterCondition, FilterRule, FilterValue } from './connection-filter.ts';

export interface FilterRow {
  field: string;
  test: string;
  value: string;
}

export const FILTER_TESTS = [
  { value: 'equals', label: 'is' },
  { value: 'not', label: 'is not' },
  { value: 'in', label: 'is one of' },
  { value: 'exists', label: 'is there' },
  { value: 'prefix', label: 'begins with' },
  { value: 'above', label: 'is above' },
  { value: 'below', label: 'is below' }
] as const satisfies { value: FilterCondition['test']; label: string }[];

/** The rows of a filter; null when its conditions are nested. */
export function rowsOf(filter: ConnectionFilter | null): FilterRow[] | null {
  const rows: FilterRow[] = [];
  for (const rule of filter?.conditions ?? []) {
    if (isGroup(rule)) return null;
    rows.push({ field: rule.field, test: rule.test, value: valueWords(rule) });
  }
  return rows;
}

const isGroup = (rule: FilterRule): rule is Exclude<FilterRule, FilterCondition> => !('test' in rule);

function valueWords(condition: FilterCondition): string {
  if (condition.test === 'exists') return condition.value ? 'yes' : 'no';
  if (condition.test === 'prefix') return condition.value;
  return condition.test === 'in' ? condition.value.map(inList).join(', ') : scalarWords(condition.value);
}

/** A text stands as it is, unless it would be read as something else. */
function scalarWords(value: FilterValue): string {
  if (typeof value !== 'string') return String(value);
  return typeof readScalar(value) === 'string' && !value.startsWith('"') ? value : JSON.stringify(value);
}

const inList = (value: FilterValue): string =>
  typeof value === 'string' && /[,"]|^\s|\s$/.test(value) ? JSON.stringify(value) : scalarWords(value);

/** `1500`, `true`, `null` and `"quoted"` are what JSON says they are, everything else is text. */
function readScalar(text: string): FilterValue {
  if (!/^(?:-?\d|"|true$|false$|null$)/.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    return isScalar(value) ? value : text;
  } catch {
    return text;
  }
}

const isScalar = (value: unknown): value is FilterValue =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

/** The filter that event types and rows say; rows without a field are not there. Sentences about rows that cannot be. */
export function filterOfRows(
  eventTypes: string,
  rows: readonly FilterRow[]
): { filter: ConnectionFilter | null; problems: string[] } {
  const types = eventTypes.split(/[\s,]+/).filter(Boolean);
  const read = rows.filter((row) => row.field.trim() !== '').map(readRow);
  const conditions = read.filter((one) => typeof one !== 'string');
  const filter: ConnectionFilter = {
    ...(types.length > 0 ? { event_types: types } : {}),
    ...(conditions.length > 0 ? { conditions } : {})
  };
  const isEmpty = types.length === 0 && conditions.length === 0;
  return { filter: isEmpty ? null : filter, problems: read.filter((one) => typeof one === 'string') };
}

function readRow(row: FilterRow): FilterCondition | string {
  const field = fieldOf(row.field.trim());
  const value = row.value.trim();
  switch (row.test) {
    case 'exists':
      return { field, test: 'exists', value: !/^(?:no|false)$/i.test(value) };
    case 'above':
    case 'below':
      return value !== '' && Number.isFinite(Number(value))
        ? { field, test: row.test, value: Number(value) }
        : `${field}: "${value}" is no number, and only numbers are above or below another.`;
    case 'prefix':
      return value === '' ? `${field}: what it begins with is missing.` : { field, test: 'prefix', value };
    case 'in':
      return { field, test: 'in', value: listOf(value) };
    case 'not':
      return { field, test: 'not', value: readScalar(value) };
    default:
      return { field, test: 'equals', value: readScalar(value) };
  }
}

/** Without header: in front of it, it is a place in the JSON. */
const fieldOf = (text: string): string => (/^(?:header|json):/.test(text) ? text : `json:${text}`);

function listOf(text: string): FilterValue[] {
  const parts = text.match(/\s*"(?:[^"\\]|\\.)*"\s*(?=,|$)|[^,]+/g) ?? [];
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(readScalar);
}
