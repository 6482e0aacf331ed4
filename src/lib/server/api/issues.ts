// What is wrong with a request, in sentences: the field, its value, what is needed.

import type * as v from 'valibot';

/** Their values are not repeated: an answer may end up in a log. */
const SECRET_FIELDS = new Set(['secret', 'secrets', 'password', 'headers', 'client_key']);
const DEFAULT_MESSAGE = /^Invalid [\w ]+: (?:(Expected .+) but received|Received) /s;

/** One sentence for one problem. */
export function sentenceOf(issue: v.BaseIssue<unknown>): string {
  const keys = (issue.path ?? []).map((item) => String(item.key));
  const field = keys.length === 0 ? 'The request body' : keys.join('.');
  if (issue.type === 'strict_object' && issue.expected === 'never') return `${field} is not known here.`;
  if (issue.received === 'undefined') return `${field} is missing.`;
  const secret = keys.some((key) => SECRET_FIELDS.has(key));
  return `${field} is ${secret ? 'not right' : shorten(issue.received)}: ${needed(issue)}.`;
}

/** Messages of our own say what is needed; valibot's say what it calls it. */
function needed(issue: v.BaseIssue<unknown>): string {
  const standard = DEFAULT_MESSAGE.exec(issue.message);
  if (standard === null) return issue.message.replace(/\.$/, '');
  return (standard[1] ?? issue.type.replaceAll('_', ' ')).replace('Expected', 'expected');
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
