// What an operation answers, before it is HTTP.

export type Reply =
  | { kind: 'json'; status: number; body: unknown }
  /** JSON text made elsewhere: parsing and writing it again would change what is in it. */
  | { kind: 'json-text'; status: number; text: string }
  | { kind: 'bytes'; status: 200; bytes: Buffer; headers: Record<string, string> }
  | { kind: 'empty'; status: 204 };

export const ok = (body: unknown): Reply => ({ kind: 'json', status: 200, body });
export const created = (body: unknown): Reply => ({ kind: 'json', status: 201, body });
export const accepted = (body: unknown): Reply => ({ kind: 'json', status: 202, body });
export const deleted: Reply = { kind: 'empty', status: 204 };

/**
 * A refusal, as every error of the API looks.
 * @param message a sentence that names the value, the limit and the next step
 */
export function problem(status: number, error: string, message: string): Reply {
  return { kind: 'json', status, body: { error, message } };
}

/** @param what `source "stripe"` */
export function notFound(what: string): Reply {
  return problem(404, 'not_found', `There is no ${what}.`);
}

export function conflict(message: string): Reply {
  return problem(409, 'conflict', message);
}

/** One sentence a problem. */
export function invalid(problems: readonly string[]): Reply {
  return problem(400, 'invalid_request', problems.join(' '));
}
