// One request seen by one provider: what is parsed of it is parsed at most once, and only when a row asks for it.

import { formField } from './form.ts';
import type { SignedRequest } from './types.ts';

export interface View {
  request: SignedRequest;
  /** The JSON of the message; undefined when there is none. */
  json(): unknown;
}

/**
 * @param source.payload the parsed body, when the caller has it
 * @param source.jsonInForm the form field that holds the JSON when the body is a form
 */
export function viewOf(
  request: SignedRequest,
  source: { payload?: unknown; jsonInForm?: string | undefined } = {}
): View {
  let parsed = source.payload;
  let isParsed = parsed !== undefined;
  return {
    request,
    json() {
      if (!isParsed) {
        isParsed = true;
        parsed = parseJson(request.body.toString('utf8')) ?? jsonOfForm(request, source.jsonInForm);
      }
      return parsed;
    }
  };
}

function jsonOfForm(request: SignedRequest, field: string | undefined): unknown {
  if (field === undefined) return undefined;
  const text = formField(request, field);
  return typeof text === 'string' ? parseJson(text) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
