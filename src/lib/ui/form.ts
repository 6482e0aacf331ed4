// A posted form: how a page sends it, and how the server reads it, once: on success typed values, else a sentence beside
// each field and everything that was typed.

import * as v from 'valibot';

export type FieldErrors = Record<string, string>;

/** What a page shows again. Never holds what was typed into a password or secret field. */
export interface FormProblem {
  /** Which form of the page this is about. */
  form: string;
  values: Record<string, string>;
  errors: FieldErrors;
  /** About the form as a whole. */
  message: string | null;
}

export type ParsedForm<Output> = { output: Output; problem: null } | { output: null; problem: FormProblem };

const UNKEPT = /password|secret|token|key/i;

/**
 * Parses the fields of a form; of repeated fields the last one counts. Values are trimmed, except passwords.
 * @param form its name, given back in the problem so that the page knows where to show it
 */
export function parseForm<Schema extends v.GenericSchema>(
  form: string,
  schema: Schema,
  data: FormData
): ParsedForm<v.InferOutput<Schema>> {
  const fields = readFields(data);
  const result = v.safeParse(schema, fields);
  if (result.success) return { output: result.output, problem: null };
  const errors: FieldErrors = {};
  for (const issue of result.issues) errors[v.getDotPath(issue) ?? ''] ??= issue.message;
  return { output: null, problem: formProblem(form, data, { errors }) };
}

/** A problem that only shows later: a name that is taken, a token that is used up. */
export function formProblem(
  form: string,
  data: FormData,
  what: { errors?: FieldErrors; message?: string }
): FormProblem {
  const values = Object.fromEntries(Object.entries(readFields(data)).filter(([name]) => !UNKEPT.test(name)));
  return { form, values, errors: what.errors ?? {}, message: what.message ?? null };
}

function readFields(data: FormData): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of data) {
    if (typeof value === 'string') fields[name] = /password/i.test(name) ? value : value.trim();
  }
  return fields;
}

// ── In the browser ──────────────────────────────────────────────────────────────────────────────────────

export interface Outcome {
  /** No status: the server could not be reached. */
  result: { type: string; status?: number; error?: { message?: string } };
  formElement: HTMLFormElement;
  update(options?: { reset?: boolean }): Promise<void>;
}

/** The part of Kit's `enhance` that Form needs. Pages pass the function in: this folder does not import SvelteKit. */
export type Enhance = (
  form: HTMLFormElement,
  submit?: (input: { cancel(): void }) => (outcome: Outcome) => Promise<void>
) => { destroy(): void };
