// The OpenAPI document of all that is served to programs: made from the operations, so that it cannot say anything else
// than the code does.

import type { JsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { takesBody, takesQuery, type OperationDescription, type ReplyDescription } from './operation.ts';
import { besides } from './openapi-besides.ts';
import { jsonSchema } from './openapi-schema.ts';
import { errorOut } from './schemas/fields.ts';

const API_BASE = '/api/v1';

const ERRORS: Record<number, string> = {
  400: 'Something in the request is not right: the message names the field, its value and what is needed',
  401: 'Neither an API key nor a session',
  403: 'The role may not do this',
  404: 'There is no such thing',
  409: 'It contradicts what there is'
};

/**
 * The document.
 * @param origin of this server, as the client knows it
 */
export function openApiDocument(operations: readonly OperationDescription[], origin: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = { ...besides };
  for (const operation of operations) {
    const path = API_BASE + operation.path;
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: '1',
      description: 'A self-hosted webhook inbox. Errors are {"error": "<code>", "message": "<sentence>"}.'
    },
    servers: [{ url: origin }],
    security: [{ key: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key: Settings, or POST /api/v1/keys.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'holdfast_session',
          description: 'As signed in, from our own pages.'
        }
      },
      schemas: { Error: jsonSchema(errorOut) }
    }
  };
}

function describe(operation: OperationDescription): Record<string, unknown> {
  const { summary, description, tag, permission, body } = operation;
  return {
    operationId: operationId(operation),
    tags: [tag],
    summary,
    description: [description, `Permission: ${permission}.`].filter(Boolean).join(' '),
    ...(permission === 'public' ? { security: [] } : {}),
    parameters: [
      ...parameters(operation.params, 'path'),
      ...(takesQuery(operation) ? parameters(operation.query, 'query') : [])
    ],
    ...(takesBody(operation) ? { requestBody: jsonContent(body) } : {}),
    responses: responses(operation)
  };
}

/** `post_messages_id_redeliver` */
function operationId({ method, path }: OperationDescription): string {
  return `${method.toLowerCase()}_${path.match(/\w+/g)?.join('_') ?? ''}`;
}

function parameters(schema: v.GenericSchema, place: 'path' | 'query') {
  const { properties = {}, required = [] } = jsonSchema(schema);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: withNumericDefault(property)
  }));
}

/** Defaults of a query are text, as a query is. */
function withNumericDefault(property: JsonSchema | boolean): JsonSchema | boolean {
  if (typeof property === 'boolean' || property.type !== 'integer' || property.default === undefined) return property;
  return { ...property, default: Number(property.default) };
}

function responses(operation: OperationDescription): Record<string, unknown> {
  const answers: Record<string, unknown> = {};
  for (const [status, reply] of Object.entries(operation.replies)) answers[status] = response(reply);
  for (const [status, description] of Object.entries(ERRORS)) {
    if (!canAnswer(operation, Number(status))) continue;
    answers[status] = {
      description,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
    };
  }
  return answers;
}

function canAnswer(operation: OperationDescription, status: number): boolean {
  if (status === 401 || status === 403) return operation.permission !== 'public';
  if (status === 400) return takesBody(operation) || takesQuery(operation);
  if (status === 404) return operation.path.includes('{') || takesBody(operation);
  if (status === 409) return operation.method !== 'GET';
  return takesBody(operation) || operation.method === 'DELETE';
}

function response({ description, schema, contentType }: ReplyDescription): Record<string, unknown> {
  if (schema) return { description, ...jsonContent(schema) };
  if (contentType) return { description, content: { [contentType]: {} } };
  return { description };
}

const jsonContent = (schema: v.GenericSchema) => ({ content: { 'application/json': { schema: jsonSchema(schema) } } });
