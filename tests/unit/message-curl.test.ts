import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageCurl } from '#lib/inbox/inbox-curl.ts';
import { MASK, maskHeaders } from '#lib/inbox/inbox-headers.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';

const base64 = (body: string | Uint8Array) => Buffer.from(body).toString('base64');
const line = (headers: HeaderPair[], body: string | Uint8Array) =>
  messageCurl({ method: 'POST', url: "http://a.example/in/x?q='$(id)`id`", headers, body: { base64: base64(body) } });

/** What a shell hands to curl: its arguments, and its standard input. */
function asRun(text: string): { parameters: string[]; input: string } {
  const script = `curl() { for a in "$@"; do printf '%s\\0' "$a"; done; printf '\\1'; case " $* " in *" @- "*) cat | base64 -w0;; esac; }\n${text}`;
  const [list = '', input = ''] = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\u0001');
  return { parameters: list.split('\0').slice(0, -1), input };
}

test('a shell reads nothing in it, whatever headers and body hold', () => {
  const value = fc.string({ unit: fc.constantFrom("'", '"', '$', '`', '\\', ' ', 'a', '!', '*', ';', '\n') });
  fc.assert(
    fc.property(value, (text) => {
      const header = text.replaceAll('\n', '');
      const { parameters } = asRun(line([['X-Odd', header]], `x${text}`));
      expect(parameters).toContain(header === '' ? 'X-Odd;' : `X-Odd: ${header}`);
      expect(parameters[parameters.indexOf('--data-raw') + 1]).toBe(`x${text}`);
      expect(parameters).toContain("http://a.example/in/x?q='$(id)`id`");
    }),
    { numRuns: 30 }
  );
});

test.each([
  ['bytes that are no text', new Uint8Array([0xff, 0x00, 0x0a])],
  ['what a terminal acts on', 'a\u001b[31m\r\n'],
  ['a byte order mark and invisible controls', '\u0085']
])('%s go through standard input', (_, body) => {
  const { parameters, input } = asRun(line([], body));
  expect(parameters.slice(-2)).toEqual(['--data-binary', '@-']);
  expect(input).toBe(base64(body));
});

test('only the sender’s own headers are sent, and none that curl would add', () => {
  const headers: HeaderPair[] = [
    ['Host', 'a.example'],
    ['Content-Length', '2'],
    ['X-Forwarded-For', '192.0.2.1'],
    ['Content-Type', 'application/json'],
    ['X-Twice', '1'],
    ['X-Twice', '2']
  ];
  const { parameters } = asRun(line(headers, '{}'));
  const sent = parameters.filter((_, i) => parameters[i - 1] === '-H');
  expect(sent).toEqual(['Content-Type: application/json', 'X-Twice: 1', 'X-Twice: 2', 'User-Agent:', 'Accept:']);
});

test('what proves or opens something is masked, in order and case', () => {
  const names = [
    'Stripe-Signature',
    'X-Hub-Signature-256',
    'Authorization',
    'X-Gitlab-Token',
    'X-Shopify-Hmac-SHA256',
    'Cookie'
  ];
  const headers = [...names, 'X-GitHub-Event', 'X-GitHub-Delivery'].map((name): HeaderPair => [name, 'value']);
  expect(maskHeaders(headers)).toEqual([
    ...names.map((name) => [name, MASK]),
    ['X-GitHub-Event', 'value'],
    ['X-GitHub-Delivery', 'value']
  ]);
});
