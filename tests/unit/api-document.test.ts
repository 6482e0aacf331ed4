// The OpenAPI document, the registry of operations and the files under routes/api say the same.

import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allOperations } from '#lib/server/api/document.ts';
import { openApiDocument } from '#lib/server/api/openapi.ts';

const ROUTES = 'src/routes';
const UNKNOWN = 'src/routes/api/[...path]/+server.ts';
const document = openApiDocument(allOperations, 'https://hooks.example.org');

interface Documented {
  operationId?: string;
  parameters?: { name: string; in: string; required: boolean; schema: { type?: string } }[];
  responses: Record<string, unknown>;
  security?: unknown[];
}

const paths = Object.entries(document['paths'] ?? {}).map(
  ([path, methods]: [string, Record<string, Documented>]) => [path, methods] as const
);
const documented = paths.flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
);

/** `GET /api/v1/sources/{id}` for each exported method of each route file. */
function served(): string[] {
  return globSync(`${ROUTES}/api/**/+server.ts`)
    .filter((file) => file !== UNKNOWN)
    .flatMap((file) => {
      const path = file.slice(ROUTES.length, -'/+server.ts'.length).replaceAll(/\[(\w+)\]/g, '{$1}');
      const text = readFileSync(file, 'utf8');
      expect(text, `${file} answers other methods`).toContain('export const fallback = otherMethods(');
      return [...text.matchAll(/^export const ([A-Z]+) = route\(/gm)].map(([, method]) => `${method ?? ''} ${path}`);
    });
}

test('every route is documented, every documented operation is served', () => {
  const outsideKit = /^\w+ (\/api\/v1\/live|\/in\/.*|\/healthz|\/readyz|\/metrics)$/;
  expect(documented.filter((line) => !outsideKit.test(line)).sort()).toEqual(served().sort());
});

test('route files export nothing but operations', () => {
  for (const file of globSync(`${ROUTES}/api/**/+server.ts`)) {
    const exports = [...readFileSync(file, 'utf8').matchAll(/^export .*$/gm)].map(([line]) => line);
    const known =
      /^export const (GET|POST|PATCH|DELETE|fallback) = (route\(\w+\)|otherMethods\([\w, ]+\)|unknownPath);$/;
    for (const line of exports) expect(line, file).toMatch(known);
  }
});

test('every method of every route file carries the operation of its path', async () => {
  for (const file of globSync(`${ROUTES}/api/v1/**/+server.ts`)) {
    const module: unknown = await import(/* @vite-ignore */ `../../${file}`);
    const path = file.slice(`${ROUTES}/api/v1`.length, -'/+server.ts'.length).replaceAll(/\[(\w+)\]/g, '{$1}');
    for (const [method, handler] of Object.entries(propertiesOf(module))) {
      if (method !== 'fallback') expect(propertiesOf(handler), file).toMatchObject({ operation: { method, path } });
    }
  }
});

/** Functions have properties too. */
function propertiesOf(value: unknown): Record<string, unknown> {
  return typeof value === 'function' || (typeof value === 'object' && value !== null) ? { ...value } : {};
}

test('the contract is there', () => {
  for (const line of [
    'POST /api/v1/sources',
    'GET /api/v1/messages',
    'GET /api/v1/messages/{id}',
    'GET /api/v1/messages/{id}/body',
    'POST /api/v1/messages/{id}/edit',
    'POST /api/v1/messages/{id}/redeliver',
    'POST /api/v1/messages/{id}/reverify',
    'GET /api/v1/deliveries/{id}',
    'POST /api/v1/destinations',
    'POST /api/v1/connections',
    'POST /api/v1/accounts',
    'GET /api/v1/accounts/{id}',
    'GET /api/v1/live',
    'GET /api/v1/openapi.json',
    'POST /in/{slug}',
    'GET /healthz',
    'GET /readyz',
    'GET /metrics'
  ]) {
    expect(documented).toContain(line);
  }
  // What can be created can be read, changed and deleted.
  const creatable = ['sources', 'destinations', 'connections', 'accounts', 'keys', 'users'];
  for (const name of creatable) {
    for (const method of ['GET', 'PATCH', 'DELETE']) expect(documented).toContain(`${method} /api/v1/${name}/{id}`);
  }
});

test('each operation names its parameters, its errors and itself', () => {
  const operations = paths.flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, operation }))
  );
  const ids = operations.flatMap(({ operation }) => operation.operationId ?? []);
  expect(new Set(ids).size).toBe(allOperations.length);
  for (const { path, operation } of operations) {
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    expect(inPath.map((parameter) => parameter.name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    expect(Object.keys(operation.responses)[0], path).toMatch(/^2/);
    if (path.startsWith('/api/v1') && operation.security === undefined)
      expect(operation.responses).toHaveProperty('401');
  }
});

test('schemas say what the checks need', () => {
  const text = JSON.stringify(document);
  expect(document).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://hooks.example.org' }] });
  // draft-07 leftovers would make the document invalid.
  expect(text).not.toContain('$schema');
  const [, messages] = paths.find(([path]) => path === '/api/v1/messages') ?? [];
  const limit = messages?.['get']?.parameters?.find((parameter) => parameter.name === 'limit');
  expect(limit).toMatchObject({ required: false, schema: { type: 'integer', minimum: 1, maximum: 1000, default: 50 } });
  const [, sources] = paths.find(([path]) => path === '/api/v1/sources') ?? [];
  expect(sources?.['post']).toMatchObject({
    requestBody: {
      content: { 'application/json': { schema: { required: ['provider'], additionalProperties: false } } }
    }
  });
});
