// As much of JSON Schema as the OpenAPI document uses: what in a value is not as the schema says.

export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  prefixItems?: Schema[];
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FORMATS: Record<string, (text: string) => boolean> = {
  uuid: (text) => UUID.test(text),
  'date-time': (text) => !Number.isNaN(Date.parse(text))
};

/**
 * Problems, each with its place. A property that the schema does not name is one too: clients are not told of it.
 * @param at where the value stands, for the words
 */
export function problemsWith(value: unknown, schema: Schema, at = 'answer'): string[] {
  if (schema.anyOf) return anyProblems(value, schema.anyOf, at);
  const wrong = isAllowed(value, schema) ? null : 'is no value of the list';
  const types = [schema.type ?? []].flat();
  const mistyped = types.length > 0 && !types.some((type) => isOf(value, type)) ? `is not ${types.join(' or ')}` : null;
  const problem = wrong ?? mistyped;
  return problem === null ? problemsInside(value, schema, at) : [`${at} ${problem}: ${JSON.stringify(value)}`];
}

function problemsInside(value: unknown, schema: Schema, at: string): string[] {
  if (typeof value === 'string') return formatProblems(value, schema, at);
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      problemsWith(item, schema.prefixItems?.[index] ?? schema.items ?? {}, `${at}[${index}]`)
    );
  }
  return typeof value === 'object' && value !== null ? objectProblems(value, schema, at) : [];
}

function anyProblems(value: unknown, schemas: readonly Schema[], at: string): string[] {
  const tried = schemas.map((one) => problemsWith(value, one, at));
  return tried.some((problems) => problems.length === 0) ? [] : [`${at} fits none of: ${tried.flat().join('; ')}`];
}

function isAllowed(value: unknown, schema: Schema): boolean {
  const values = schema.enum ?? ('const' in schema ? [schema.const] : null);
  return values === null || values.includes(value);
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function formatProblems(text: string, { format }: Schema, at: string): string[] {
  const fits = format === undefined || FORMATS[format] === undefined || FORMATS[format](text);
  return fits ? [] : [`${at} is "${text}", no ${format}`];
}

function objectProblems(value: object, schema: Schema, at: string): string[] {
  const missing = (schema.required ?? []).filter((name) => !(name in value)).map((name) => `${at}.${name} is missing`);
  const inside = Object.entries(value).flatMap(([name, item]) => {
    const one = schema.properties?.[name];
    if (one) return problemsWith(item, one, `${at}.${name}`);
    const others = schema.additionalProperties;
    if (typeof others === 'object') return problemsWith(item, others, `${at}.${name}`);
    return schema.properties && others !== true ? [`${at}.${name} is not documented`] : [];
  });
  return [...missing, ...inside];
}
