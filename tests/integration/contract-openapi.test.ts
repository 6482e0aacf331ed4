// The OpenAPI document against the server: every operation is called, and answers as the document says.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { problemsWith, type Schema } from '../support/json-schema.ts';
import { deliveryWhen, make, messageOf, post, send } from '../support/outside.ts';
import { signedByStripe } from '../support/signing.ts';
import { startStripeApi } from '../support/stripe-api.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

const SECRET = 'whsec_that_no_answer_shows';

const database = await testDatabase();
const holdfast = await startHoldfast({
  databaseUrl: database.url,
  env: { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.0/8' }
});
const stripe = await startStripeApi({ endpointUrl: `${holdfast.url}/in/shop`, secret: SECRET });
const lost = stripePayment({}).succeeded({ created: Math.floor(Date.now() / 1000) - 10 });
stripe.list(lost);
afterAll(async () => {
  await holdfast.stop();
  await stripe.close();
});

interface Documented {
  requestBody?: unknown;
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}
const answer = await send(holdfast, '/api/v1/openapi.json');
const paths = answer.body['paths'] as Record<string, Record<string, Documented>>;
const documented = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace('/api/v1', '')}`)
);

/** What is called, in this order; later ones name what earlier ones made. */
interface Step {
  operation: string;
  status: number;
  body?: unknown;
  /** Keeps the answer's id under this name, for the braces of later paths. */
  as?: string;
  /** Which of the kept ids stands in the braces; by the resource's name where it is not given. */
  of?: string;
}

const STEPS: Step[] = [
  { operation: 'GET /openapi.json', status: 200 },
  {
    operation: 'POST /sources',
    status: 201,
    body: {
      ...{ slug: 'shop', provider: 'stripe', options: { api_base_url: stripe.url } },
      secrets: [SECRET, { label: 'stripe-api-key', value: stripe.key }]
    },
    as: 'sources'
  },
  { operation: 'POST /sources', status: 400, body: { provider: 'nobody' } },
  { operation: 'POST /sources', status: 409, body: { slug: 'shop', provider: 'none' } },
  { operation: 'GET /sources', status: 200 },
  { operation: 'GET /sources/{id}', status: 200 },
  { operation: 'PATCH /sources/{id}', status: 200, body: { name: 'Shop', options: { livemode: 'any' } } },
  { operation: 'GET /sources/{id}/gaps', status: 200 },
  { operation: 'GET /sources/{id}/gaps', status: 409, of: 'unkeyed' },
  { operation: 'POST /sources/{id}/gaps/fetch', status: 200, body: { ids: [lost.id, 'evt_nobody'] } },
  { operation: 'POST /sources/{id}/secrets', status: 201, body: { value: `${SECRET}_2` }, as: 'secrets' },
  { operation: 'DELETE /sources/{id}/secrets/{secret_id}', status: 204 },
  {
    operation: 'POST /destinations',
    status: 201,
    body: { name: 'crm', url: 'https://crm.example/in' },
    as: 'destinations'
  },
  { operation: 'GET /destinations', status: 200 },
  { operation: 'GET /destinations/{id}', status: 200 },
  { operation: 'PATCH /destinations/{id}', status: 200, body: { retry: { schedule_seconds: [1, 2] } } },
  {
    ...{ operation: 'PATCH /destinations/{id}', status: 200 },
    body: { headers: [['X-Key', 'secret']], tls: { server_name: 'crm.example' }, method: 'PUT', timeout_seconds: 5 }
  },
  { operation: 'POST /destinations/{id}/rotate-secret', status: 200, body: {} },
  { operation: 'DELETE /destinations/{id}/previous-secret', status: 204 },
  { operation: 'DELETE /destinations/{id}/previous-secret', status: 404 },
  { operation: 'POST /destinations/{id}/test', status: 200 },
  { operation: 'PATCH /settings/alerts', status: 200 },
  { operation: 'PATCH /settings/alerts', status: 404, body: { destination: 999_999 } },
  { operation: 'GET /settings/alerts', status: 200 },
  { operation: 'POST /destinations/{id}/pause', status: 200 },
  { operation: 'POST /destinations/{id}/resume', status: 200 },
  { operation: 'GET /destinations/{id}/stuck', status: 200 },
  { operation: 'POST /messages/{id}/edit', status: 201 },
  { operation: 'POST /messages/{id}/edit', status: 200, body: { dry_run: true } },
  { operation: 'POST /connections', status: 201, as: 'connections' },
  { operation: 'POST /connections/preview', status: 200, body: { source: 'paid', filter: null } },
  { operation: 'GET /connections', status: 200 },
  { operation: 'GET /connections/{id}', status: 200 },
  { operation: 'PATCH /connections/{id}', status: 200, body: { filter: { event_types: ['payment_intent.*'] } } },
  { operation: 'DELETE /connections/{id}', status: 204 },
  { operation: 'GET /connections/{id}', status: 404 },
  { operation: 'DELETE /destinations/{id}', status: 204 },
  { operation: 'POST /accounts', status: 201, as: 'accounts' },
  { operation: 'POST /accounts', status: 400, body: { name: 'Eve', currency: 'euros' } },
  { operation: 'GET /accounts', status: 200 },
  { operation: 'GET /accounts/{id}', status: 200, of: 'credited' },
  { operation: 'POST /accounts/{id}/entries/{entry_id}/reverse', status: 201, of: 'credited' },
  { operation: 'PATCH /accounts/{id}', status: 200, body: { name: 'Eva', owner_email: null } },
  { operation: 'DELETE /accounts/{id}', status: 204 },
  { operation: 'POST /keys', status: 201, body: { name: 'Reader', role: 'viewer' }, as: 'keys' },
  { operation: 'GET /keys', status: 200 },
  { operation: 'GET /keys/{id}', status: 200 },
  { operation: 'PATCH /keys/{id}', status: 200, body: { name: 'Reporter' } },
  { operation: 'DELETE /keys/{id}', status: 204 },
  { operation: 'POST /users', status: 201, body: { email: 'ada@example.org', role: 'viewer' }, as: 'users' },
  { operation: 'GET /users', status: 200 },
  { operation: 'GET /users/{id}', status: 200 },
  { operation: 'PATCH /users/{id}', status: 200, body: { role: 'member' } },
  { operation: 'POST /users/{id}/link', status: 201 },
  { operation: 'DELETE /users/{id}', status: 204 },
  { operation: 'GET /messages', status: 200 },
  { operation: 'GET /messages/{id}', status: 200 },
  { operation: 'GET /messages/{id}/body', status: 200 },
  { operation: 'POST /messages/{id}/redeliver', status: 200, body: { dry_run: true } },
  { operation: 'POST /messages/{id}/redeliver', status: 202, body: {} },
  { operation: 'POST /messages/{id}/reverify', status: 200, of: 'forged' },
  { operation: 'GET /deliveries/{id}', status: 200 },
  { operation: 'GET /problems', status: 200 },
  { operation: 'GET /problems/{id}', status: 200 },
  { operation: 'POST /problems/{id}/resolve', status: 200 },
  { operation: 'POST /problems/{id}/resolve', status: 409 },
  { operation: 'POST /jobs', status: 202, body: { kind: 'redeliver', filter: {}, dry_run: true }, as: 'jobs' },
  { operation: 'POST /jobs', status: 400, body: { kind: 'redeliver' } },
  { operation: 'POST /jobs', status: 404, body: { kind: 'redeliver', filter: { source: 'nowhere' } } },
  { operation: 'GET /jobs', status: 200 },
  { operation: 'GET /jobs/{id}', status: 200 },
  { operation: 'GET /jobs/{id}/items', status: 200 },
  { operation: 'POST /jobs/{id}/cancel', status: 200 },
  { operation: 'POST /jobs/{id}/start', status: 409 },
  { operation: 'POST /jobs/{id}/pause', status: 409 },
  { operation: 'POST /jobs/{id}/resume', status: 409 },
  { operation: 'DELETE /messages/{id}', status: 204 },
  { operation: 'GET /messages/{id}', status: 404 },
  { operation: 'POST /deliveries/{id}/skip', status: 404 },
  { operation: 'DELETE /sources/{id}', status: 204 }
];
/** Other tests call these: the door's, the stream's, health's. */
const ELSEWHERE = [
  'POST /in/{slug}',
  'POST /in/{slug}/{rest}',
  'GET /live',
  'GET /healthz',
  'GET /readyz',
  'GET /metrics'
];

test('every documented operation is called here', () => {
  expect(answer.body).toMatchObject({ openapi: '3.1.0' });
  expect([...new Set(STEPS.map(({ operation }) => operation)), ...ELSEWHERE].toSorted()).toEqual(documented.toSorted());
});

const ids: Record<string, string | number> = {};
const bodies: Record<string, () => unknown> = {
  'POST /connections': () => ({ source: 'shop', destination: ids['destinations'] }),
  'PATCH /settings/alerts': () => ({ destination: ids['destinations'] }),
  'POST /accounts': () => ({ name: 'Eve', currency: 'eur', owner_email: 'eve@example.org' }),
  'POST /accounts/{id}/entries/{entry_id}/reverse': () => ({ reason: 'wrong customer' }),
  'POST /messages/{id}/edit': () => ({ body: '{}', destinations: [ids['destinations']] })
};

beforeAll(async () => {
  ids['unkeyed'] = (await make(holdfast, '/sources', { slug: 'paid', provider: 'stripe', secrets: [SECRET] })).id;
  ids['credited'] = (await make(holdfast, '/accounts', { name: 'Ada', currency: 'usd' })).id;
  const payment = stripePayment({ accountId: ids['credited'], amount: 1 }).succeeded();
  ids['messages'] = String((await post(holdfast, 'paid', signedByStripe(payment, SECRET))).body['id']);
  ids['forged'] = String((await post(holdfast, 'paid', { body: '{}' })).body['id']);
  await deliveryWhen(holdfast, ids['messages'], ({ status }) => status === 'succeeded');
  for (let i = 0; i < 5; i += 1) await post(holdfast, 'paid', { body: '{}' });
  await until(async () => (ids['problems'] = await openProblem()) !== 0);
  const credited = await send(holdfast, `/api/v1/accounts/${ids['credited']}`, {
    headers: { authorization: `Bearer ${holdfast.apiKey}` }
  });
  ids['entries'] = (credited.body['entries'] as { id: number }[])[0]!.id;
  ids['deliveries'] = (await messageOf(holdfast, ids['messages'])).deliveries[0]!.id;
});

test.each(STEPS.map((step) => [`${step.operation}: ${step.status}`, step] as const))('%s', async (_name, step) => {
  const got = await call(step);
  expect(got.status, got.text).toBe(step.status);
  expect(got.text).not.toContain(SECRET);
  if (step.as !== undefined) ids[step.as] = idIn(got.body);
  const { type, schema } = documentedAnswer(step);
  if (type === null) expect(got.text).toBe('');
  else expect(got.headers.get('content-type')).toContain(type);
  expect(problemsWith(got.body, schema)).toEqual([]);
});

async function openProblem(): Promise<number> {
  const { body } = (await holdfast.api('/problems')) as { body: { data: { id: number }[] } };
  return body.data[0]?.id ?? 0;
}

async function call({ operation, of, body = bodies[operation]?.() }: Step) {
  const [method = '', path = ''] = operation.split(' ');
  const id = ids[of ?? path.split('/')[1] ?? ''];
  const called = path
    .replace('{id}', String(id))
    .replace('{secret_id}', String(ids['secrets']))
    .replace('{entry_id}', String(ids['entries']));
  const headers = { authorization: `Bearer ${holdfast.apiKey}`, 'content-type': 'application/json' };
  return send(holdfast, `/api/v1${called}`, {
    ...{ method, headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  });
}

/** What the document says of an answer; no type: that it has no body. */
function documentedAnswer({ operation, status }: Step): { type: string | null; schema: Schema } {
  const [method = '', path = ''] = operation.split(' ');
  const response = paths[`/api/v1${path}`]?.[method.toLowerCase()]?.responses[String(status)];
  expect(response, `${status} is not documented`).toBeDefined();
  const [content] = Object.entries(response!.content ?? {});
  return content ? { type: content[0], schema: resolved(content[1].schema ?? {}) } : { type: null, schema: {} };
}

/** A rotated secret's id is in its source, newest first or last: the highest. */
function idIn(body: Record<string, unknown>): string | number {
  const secrets = body['secrets'] as { id: number }[] | undefined;
  if (secrets && secrets.length > 1) return Math.max(...secrets.map(({ id }) => id));
  return body['id'] as string | number;
}

function resolved(schema: Schema & { $ref?: string }): Schema {
  if (schema.$ref === undefined) return schema;
  const { schemas } = answer.body['components'] as { schemas: Record<string, Schema> };
  return schemas[schema.$ref.split('/').at(-1)!]!;
}
