// The filter of a connection: which messages go along it. Browser and server read and write it alike.

export type FilterValue = string | number | boolean | null;

/** `field` is `header:<name>` or `json:<keys joined by dots>`. */
export type FilterCondition = { field: string } & (
  | { test: 'equals' | 'not'; value: FilterValue }
  | { test: 'in'; value: FilterValue[] }
  | { test: 'exists'; value: boolean }
  | { test: 'prefix'; value: string }
  | { test: 'above' | 'below'; value: number }
);

/** A condition, or several of them put together. */
export type FilterRule = FilterCondition | { any: FilterRule[] } | { all: FilterRule[] } | { not: FilterRule };

export interface ConnectionFilter {
  /** Event types that pass, `*` matching any run of characters. */
  event_types?: string[] | undefined;
  /** All of these must hold too. */
  conditions?: FilterRule[] | undefined;
}

/** In a line, as a list of connections shows it: `json:amount above 1000`, `any of (…; …)`. */
export function ruleWords(rule: FilterRule): string {
  if ('any' in rule) return `any of (${rule.any.map(ruleWords).join('; ')})`;
  if ('all' in rule) return `all of (${rule.all.map(ruleWords).join('; ')})`;
  if ('not' in rule) return `not (${ruleWords(rule.not)})`;
  return `${rule.field} ${rule.test} ${JSON.stringify(rule.value)}`;
}
