// Which bodies are JSON, and which JSON PostgreSQL may look into.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPayload } from '#lib/server/door/payload.ts';

const JSON_QUERYABLE = { isJson: true, queryable: true };
const JSON_ONLY = { isJson: true, queryable: false };
const NOT_JSON = { isJson: false, queryable: false };

const kinds: [name: string, body: string | Buffer, expected: typeof JSON_ONLY][] = [
  ['an object', '{"a":1}', JSON_QUERYABLE],
  ['white space around', ' \n[1] ', JSON_QUERYABLE],
  ['a bare number', '1e400000', JSON_QUERYABLE],
  ['duplicate keys', '{"a":1,"a":2}', JSON_QUERYABLE],
  ['an escaped backslash before u0000', '{"a":"\\\\u0000"}', JSON_QUERYABLE],
  ['a whole pair', '{"a":"\\ud83d\\ude00"}', JSON_QUERYABLE],
  ['a NUL escape', '{"a":"\\u0000"}', JSON_ONLY],
  ['a lone high', '{"a":"\\ud800"}', JSON_ONLY],
  ['a lone low', '{"a":"\\udc00"}', JSON_ONLY],
  ['a pair with a character between', '{"a":"\\ud800x\\udc00"}', JSON_ONLY],
  ['a high at the end', '"\\ud83d\\ude00\\ud83d"', JSON_ONLY],
  ['600 levels', '['.repeat(600) + ']'.repeat(600), JSON_ONLY],
  ['nothing', '', NOT_JSON],
  ['a form', 'payload=%7B%7D', NOT_JSON],
  ['a BOM', '\uFEFF{}', NOT_JSON],
  ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), NOT_JSON],
  ['a trailing comma', '[1,]', NOT_JSON],
  ['two documents', '{}{}', NOT_JSON]
];

test.each(kinds)('%s', (_, body, expected) => {
  expect(readPayload(Buffer.from(body))).toMatchObject(expected);
});

test('100,000 levels do not end the process', () => {
  expect(readPayload(Buffer.from('['.repeat(100_000))).isJson).toBe(false);
});

test('whatever JSON.stringify writes is JSON, and its value is the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(readPayload(Buffer.from(JSON.stringify(value))).value).toEqual(JSON.parse(JSON.stringify(value)));
    })
  );
});

test('no bytes make it throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readPayload(Buffer.from(bytes))));
});
