// A filter tried on what a source has received lately.

import { expect, test } from 'vitest';
import { apiFor, keyOf } from '../support/api-client.ts';
import { apiParts, idOf, make } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';
import { insertRow } from '../support/log-rows.ts';

const database = await testDatabase();
const parts = await apiParts(database);
const api = apiFor(parts, keyOf('admin'));
const preview = async (source: string, filter: unknown) =>
  (await api('POST', '/connections/preview', { source, filter })).json;

interface Received {
  count: number;
  bodyOf?: (index: number) => string;
  more?: object;
}

async function received(slug: string, { count, bodyOf = () => '{}', more = {} }: Received) {
  const sourceId = idOf(await make(api, '/sources', { slug, provider: 'none' }));
  await parts.routing.refresh();
  for (let index = 0; index < count; index += 1) {
    const body = Buffer.from(bodyOf(index));
    const row = { at: Date.now() - index * 1000, sequence: index % 4096, sourceId, body, isJson: true };
    await insertRow(database.web, { ...row, eventType: index % 2 === 0 ? 'a.even' : 'a.odd', ...more });
  }
  return sourceId;
}

test('says how many of the last hundred would have passed, with examples, newest first', async () => {
  await received('counted', { count: 110, bodyOf: (index) => `{"amount":${index},"big":12345678901234567890}` });
  expect(await preview('counted', null)).toMatchObject({ matched: 100, of: 100, skipped: 0 });
  const even = { event_types: ['a.even'], conditions: [{ field: 'json:amount', test: 'below', value: 10 }] };
  const found = await preview('counted', even);
  expect(found).toMatchObject({ matched: 5, of: 100 });
  expect(found).toMatchObject({
    examples: Array.from({ length: 10 }, (_, index) => ({
      event_type: index % 2 === 0 ? 'a.even' : 'a.odd',
      matched: index % 2 === 0
    }))
  });
  expect(await preview('counted', { conditions: [{ not: { all: even.conditions } }] })).toMatchObject({ matched: 90 });
});

test('only what connections are asked about: not what was refused, nor what was made by editing', async () => {
  await received('refused', { count: 3, more: { verification: 'invalid' } });
  expect(await preview('refused', null)).toMatchObject({ matched: 0, of: 0 });
  await received('edited', { count: 3, more: { origin: 'edited' } });
  expect(await preview('edited', null)).toMatchObject({ matched: 0, of: 0 });
});

test('large messages are counted and not read, and together they are bounded', async () => {
  await received('large', {
    count: 20,
    bodyOf: (index) => JSON.stringify({ text: 'x'.repeat(index === 0 ? 200_000 : 120_000) })
  });
  expect(await preview('large', null)).toMatchObject({ matched: 17, of: 17, skipped: 3 });
});

test('an unknown source, and a filter that is none', async () => {
  expect((await api('POST', '/connections/preview', { source: 'nowhere', filter: null })).status).toBe(404);
  expect((await api('POST', '/connections/preview', { source: 'counted', filter: { any: [] } })).status).toBe(400);
});
