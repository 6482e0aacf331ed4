import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prettyJson, type PrettyJson } from '#lib/inbox/json-pretty.ts';
import { scanJson } from '#lib/inbox/json-scan.ts';

const all = ({ pieces }: PrettyJson) => pieces.map(({ text }) => text).join('');
const withoutSpace = ({ pieces }: PrettyJson) =>
  pieces
    .filter(({ kind }) => kind !== 'space')
    .map(({ text }) => text)
    .join('');

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test('indents as people do', () => {
  const value = { id: 'evt_1', nested: { list: [1, { a: null }], empty: {}, none: [] }, ok: true };
  expect(all(prettyJson(JSON.stringify(value)))).toBe(JSON.stringify(value, null, 2));
});

test('keeps what JSON.parse loses', () => {
  const source = String.raw`{"b":9007199254740993,"1":1e400000,"a":-0.10,"a":"\u0041\/\ud800","__proto__":1.0}`;
  expect(withoutSpace(prettyJson(source))).toBe(source);
});

test('names the kind of each token', () => {
  const { pieces } = prettyJson('{"k":["s",-1.5e3,null]}');
  expect(pieces.filter(({ kind }) => kind !== 'space').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    ...['punctuation {', 'key "k"', 'punctuation :', 'punctuation [', 'string "s"', 'punctuation ,'],
    ...['number -1.5e3', 'punctuation ,', 'literal null', 'punctuation ]', 'punctuation }']
  ]);
});

test('changes nothing but white space, of any JSON', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom('', ' ', '\t', ' \n'), (json, space) => {
      const minified = JSON.stringify(JSON.parse(json));
      const pretty = prettyJson(JSON.stringify(JSON.parse(json), null, space));
      expect(withoutSpace(pretty)).toBe(minified);
      expect(all(pretty).split('\n')).toHaveLength(pretty.lines);
    })
  );
});

test('takes for JSON what JSON.parse does, and never throws', () => {
  const broken = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', '\\', ',', '}', ']', '0', '\u0000', '\u00a0', 'e'))
    .map(([json, at, put]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + put + json.slice(place + 1);
    });
  const numberLike = fc.stringMatching(/^[-+0-9.eE]{1,6}$/);
  fc.assert(
    fc.property(fc.oneof(broken, fc.string({ unit: 'binary' }), numberLike), (text) => {
      expect(scanJson(text, () => true) === null).toBe(isJson(text));
    }),
    { numRuns: 2000 }
  );
});

test.each([
  ['', 'The text ends where a value is expected.', 1, 1],
  ['{"a":1,\n "b" 2}', 'Found "2" where a colon is expected.', 2, 6],
  ['[1,]', 'Found "]" where a value is expected.', 1, 4],
  ['{"a":1}}', 'Found "}" where nothing more is expected.', 1, 8],
  ['{"a":NaN}', 'Found "NaN" where a value is expected.', 1, 6],
  ['["open', 'This string has no end.', 1, 2],
  [String.raw`["\x"]`, 'This escape is none that JSON knows.', 1, 3],
  ['["\u0000"]', 'Control character U+0000 inside a string.', 1, 3]
])('says where %j is broken', (source, message, ...[line, column]) => {
  expect(prettyJson(source).problem).toMatchObject({ line, column, message });
});

test('shows what comes before the problem', () => {
  const pretty = prettyJson('{"a":1,"b":oops}');
  expect(withoutSpace(pretty)).toBe('{"a":1,"b":');
  expect(pretty.shown).toBe(11);
});

test('tells text that was cut from text that is broken', () => {
  const json = '{"a":[1.5e3,true,"x\\u0041"],"b":null}';
  for (let length = 0; length < json.length; length++) {
    expect(scanJson(json.slice(0, length), () => true)?.atEnd, json.slice(0, length)).toBe(true);
  }
  expect(scanJson('{"a" 1}', () => true)?.atEnd).toBe(false);
});

test('survives 100,000 levels, and 25 MB of one string', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  expect(withoutSpace(prettyJson(deep))).toBe(deep);
  const long = JSON.stringify({ text: 'x\n'.repeat(8_000_000) });
  expect(long.length).toBeGreaterThan(24_000_000);
  expect(prettyJson(long)).toMatchObject({ problem: null, lines: 3, shown: long.length });
});

test('stops at its limits and says how much of the source is shown', () => {
  const source = JSON.stringify(Array.from({ length: 1000 }, (_, i) => i));
  const few = prettyJson(source, { lines: 10 });
  expect(few).toMatchObject({ lines: 10, problem: null });
  expect(all(few).split('\n')).toHaveLength(10);
  expect(source.startsWith(withoutSpace(few))).toBe(true);
  const short = prettyJson(source, { source: 100 });
  expect(withoutSpace(short)).toBe(source.slice(0, short.shown));
  expect(short.shown).toBeGreaterThan(90);
  expect(short.shown).toBeLessThanOrEqual(100);
});
