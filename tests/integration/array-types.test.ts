// Arrays go to PostgreSQL and come back as what they were.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';

const { web: sql } = await testDatabase();

const nullable = <T>(elements: fc.Arbitrary<T>) => fc.array(fc.option(elements), { maxLength: 20 });

test('texts of any kind, NULL and "NULL" among them', async () => {
  const texts = nullable(
    fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('NULL', '', '{', '}', ',', '"', '\\', ' '))
  );
  const fits = texts.filter((list) => !list.some((text) => text?.includes('\0')));
  await fc.assert(
    fc.asyncProperty(fits, async (list) => {
      expect(await sql`select ${list}::text[] as list`).toEqual([{ list }]);
    })
  );
});

test('numbers, booleans in text, times, bytes and JSON', async () => {
  const times = [new Date(0), new Date('2026-01-31T12:00:00.123Z')];
  const [row] = await sql`
    select ${[1, -2, null]}::int[] as int4, ${[1.5, 1e300]}::float8[] as float8, ${[0.5]}::real[] as float4,
           ${['9007199254740991']}::bigint[] as int8, array[true, null, false] as bool,
           ${times.map((time) => time.toISOString())}::timestamptz[] as time,
           array['\\x00ff'::bytea] as bytes, array['{"a":[1]}'::jsonb, 'null'::jsonb] as json,
           ${['018f0000-0000-7000-8000-000000000000']}::uuid[] as uuid`;
  expect(row).toEqual({
    ...{
      int4: [1, -2, null],
      float8: [1.5, 1e300],
      float4: [0.5],
      int8: [9007199254740991],
      bool: [true, null, false]
    },
    ...{ time: times, bytes: [Buffer.from([0, 255])], json: [{ a: [1] }, null] },
    uuid: ['018f0000-0000-7000-8000-000000000000']
  });
});

test('empty, nested, and with bounds of their own', async () => {
  const [row] = await sql`
    select ${[]}::text[] as empty, ${[
      ['a', 'b'],
      ['c', null]
    ]}::text[] as nested, '[2:3]={7,8}'::int[] as bounds`;
  expect(row).toEqual({
    empty: [],
    nested: [
      ['a', 'b'],
      ['c', null]
    ],
    bounds: [7, 8]
  });
});

test('an int8 that a number cannot hold is an error in an array too', async () => {
  await expect(sql`select array[9007199254740992] as list`).rejects.toThrow('beyond 2^53');
});
