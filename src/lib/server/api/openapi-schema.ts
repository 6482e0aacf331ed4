// A valibot schema as the JSON Schema of OpenAPI 3.1.

import { toJsonSchema, type JsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';

/** What a client sends, or gets: before anything is transformed. */
export function jsonSchema(schema: v.GenericSchema): JsonSchema {
  const {
    $schema: _,
    $defs: __,
    ...json
  } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    // Checks in code have no counterpart; their descriptions say what they want.
    errorMode: 'ignore',
    // What stands in itself is described in words: a reference would point into the middle of the document.
    overrideSchema: ({ valibotSchema, jsonSchema: { $ref: ___, ...rest } }) =>
      valibotSchema.type === 'lazy' ? rest : undefined
  });
  return json;
}
