// An HTTP attempt as it was, for screens: what was sent, what came back, how long each phase took.

export interface Exchange {
  request: string[];
  /** null: nothing came back. */
  response: string[] | null;
  body: string;
  /** The body is no text: it stands in base64. */
  isBinary: boolean;
  truncated: boolean;
  /** The answer broke off: it counts as none. */
  isPartial: boolean;
  phases: Phase[];
  /** The connection was there already; null: not known, or there was none. */
  isReused: boolean | null;
}

export interface Phase {
  name: string;
  milliseconds: number;
}

const PHASES: [field: string, name: string][] = [
  ['dns_ms', 'DNS'],
  ['connect_ms', 'Connect'],
  ['tls_ms', 'TLS'],
  ['sent_ms', 'Send'],
  ['first_byte_ms', 'Wait'],
  ['body_ms', 'Receive']
];

/**
 * @param detail of an attempt
 * @param statusCode of a whole answer
 * @returns null when it was no HTTP attempt
 */
export function exchangeOf(detail: Record<string, unknown> | null, statusCode: number | null): Exchange | null {
  const [request, response, timings] = [detail?.['request'], detail?.['response'], detail?.['timings']].map(record);
  if (!request) return null;
  return {
    request: [`${text(request['method'])} ${text(request['url'])}`, ...headerLines(request['headers'])],
    ...answerOf(response ?? {}, statusCode),
    isPartial: statusCode === null,
    ...timed(timings ?? {})
  };
}

function answerOf(response: Record<string, unknown>, statusCode: number | null) {
  // Attempts of an older version have the status beside them only.
  const status = response['status'] ?? statusCode;
  return {
    response: status === null ? null : [`HTTP ${text(status)}`, ...headerLines(response['headers'])],
    body: text(response['body']),
    isBinary: response['body_encoding'] === 'base64',
    truncated: response['truncated'] === true
  };
}

function timed(timings: Record<string, unknown>): Pick<Exchange, 'phases' | 'isReused'> {
  const reused = timings['reused'];
  return { phases: phasesOf(timings), isReused: typeof reused === 'boolean' ? reused : null };
}

function phasesOf(timings: Record<string, unknown>): Phase[] {
  return PHASES.flatMap(([field, name]) => {
    const milliseconds = timings[field];
    return typeof milliseconds === 'number' ? [{ name, milliseconds }] : [];
  });
}

/** Headers as a list of pairs or as names with values. */
function headerLines(headers: unknown): string[] {
  const pairs: unknown[] = Array.isArray(headers) ? headers : Object.entries(record(headers) ?? {});
  return pairs.flatMap((pair) => (Array.isArray(pair) ? [`${text(pair[0])}: ${text(pair[1])}`] : []));
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : null;
}

const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
