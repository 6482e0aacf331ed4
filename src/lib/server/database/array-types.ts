// Arrays of PostgreSQL's own types, known beforehand. postgres.js would ask every new connection for them, and a connection
// that ends before it answers takes the whole process down: nobody waits for that question's promise.

import type postgres from 'postgres';

type Serialize = (element: unknown) => string;
type Parse = (text: string) => unknown;

const asText: Serialize = (element) => String(element);
const asJson: Serialize = (element) => JSON.stringify(element);
const asHex: Serialize = (element) =>
  element instanceof Uint8Array ? `\\x${Buffer.from(element).toString('hex')}` : '';
const asTime: Serialize = (element) => (element instanceof Date ? element.toISOString() : String(element));

/** pg_type: the array's id, and how its elements are written and read. Stable since they exist. */
const ARRAYS: [ids: number[], serialize: Serialize, parse: Parse][] = [
  // name, text, char, varchar, bpchar, inet, cidr, interval, time, numeric, uuid
  [[1003, 1009, 1002, 1015, 1014, 1041, 651, 1187, 1183, 1231, 2951], asText, (text) => text],
  // int2, int4, oid, float4, float8
  [[1005, 1007, 1028, 1021, 1022], asText, Number],
  // bool
  [[1000], asText, (text) => text === 't'],
  // date, timestamp, timestamptz
  [[1182, 1115, 1185], asTime, (text) => new Date(text)],
  // json, jsonb
  [[199, 3807], asJson, (text): unknown => JSON.parse(text)],
  // bytea
  [[1001], asHex, (text) => Buffer.from(text.slice(2), 'hex')]
];
const INT8_ARRAY = 1016;

/**
 * Array types for postgres.js's `types` option, with `fetch_types: false`.
 * @param parseInt8 as int8 itself is read
 */
export function arrayTypes(parseInt8: Parse): Record<string, postgres.PostgresType> {
  const all: typeof ARRAYS = [...ARRAYS, [[INT8_ARRAY], asText, parseInt8]];
  return Object.fromEntries(
    all.flatMap(([ids, serialize, parse]) =>
      ids.map((id) => [
        `array${id}`,
        {
          to: id,
          from: [id],
          serialize: (value: unknown) => (Array.isArray(value) ? literal(value, serialize) : value),
          parse: (text: string) => parseArray(text, parse)
        }
      ])
    )
  );
}

/** {"a","b\"c",NULL}: every element quoted, so that none is taken for NULL. */
function literal(elements: readonly unknown[], serialize: Serialize): string {
  const parts = elements.map((element) => {
    if (element === null || element === undefined) return 'NULL';
    if (Array.isArray(element)) return literal(element, serialize);
    return `"${serialize(element).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  });
  return `{${parts.join(',')}}`;
}

/** An element, quoted or not, or a brace. */
const TOKEN = /"(?<quoted>(?:[^"\\]|\\.)*)"|(?<bare>[^{},"]+)|(?<brace>[{}])/gs;

/** As PostgreSQL writes it; of [2:3]={…} the bounds are left out. */
function parseArray(text: string, parse: Parse): unknown[] {
  const around: unknown[][] = [];
  let list: unknown[] = [];
  for (const { groups = {} } of text.slice(text.indexOf('{')).matchAll(TOKEN)) {
    const { quoted, bare = 'NULL', brace } = groups;
    if (brace === '{') {
      around.push(list);
      list = [];
    } else if (brace === '}') {
      const inner = list;
      list = around.pop() ?? [];
      list.push(inner);
    } else if (quoted !== undefined) list.push(parse(quoted.replaceAll(/\\(.)/gs, '$1')));
    else list.push(bare === 'NULL' ? null : parse(bare));
  }
  const [whole] = list;
  return Array.isArray(whole) ? whole : [];
}
