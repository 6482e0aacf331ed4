// A body in a form and back: what nobody changed is the same bytes, whatever its line breaks are.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editableText, headerLines, readHeaderLines, textAfterEdit } from '#lib/inbox/edited-text.ts';

/** What browsers do to the text of a field: HTML drops a first line break, a form sends CR LF. */
const asParsed = (text: string) => text.replace(/^\n/, '');
const asSent = (text: string) => text.replaceAll(/\r\n?|\n/g, '\r\n');

const lines = fc.string({ unit: fc.constantFrom('a', '{', '"', '\n', '\r', '\r\n', '\uFEFF', 'ä', '😀', '\t', ' ') });

test('what was not changed comes back byte for byte, with JavaScript and without', () => {
  fc.assert(
    fc.property(lines, (text) => {
      const bytes = new TextEncoder().encode(text);
      const shown = editableText(bytes) ?? '';
      expect(textAfterEdit(shown, shown)).toBe(text);
      expect(textAfterEdit(shown, asSent(shown))).toBe(text);
      expect(textAfterEdit(shown, asSent(asParsed(shown.replaceAll(/\r\n?/g, '\n'))))).toBe(text);
    })
  );
});

test('what was changed has the line breaks of the original', () => {
  expect(textAfterEdit('a\nb', 'a\r\nc')).toBe('a\nc');
  expect(textAfterEdit('a\r\nb', 'a\r\nc\r\nd')).toBe('a\r\nc\r\nd');
  expect(textAfterEdit('', '{}')).toBe('{}');
});

test.each([
  ['not UTF-8', new Uint8Array([0xff])],
  ['a NUL, which no field keeps', new Uint8Array([0x61, 0])],
  ['too long', new Uint8Array(256 * 1024 + 1).fill(0x61)]
])('%s is not edited as text', (_, bytes) => {
  expect(editableText(bytes)).toBeNull();
});

test('headers, a line each, and back', () => {
  const headers: [string, string][] = [
    ['X-A', '1: 2'],
    ['x-a', '']
  ];
  expect(readHeaderLines(headerLines(headers))).toEqual(headers);
  expect(readHeaderLines('X-A: 1\r\n\r\nX-B:2')).toEqual([
    ['X-A', '1'],
    ['X-B', '2']
  ]);
  expect(readHeaderLines('X-A: 1\nno header')).toBe('Line 2 of the headers is "no header": "Name: value" is needed.');
});
