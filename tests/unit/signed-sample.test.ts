// The curl line and the test message of a source: what they send must be valid at the door.

import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import { curlLine } from '#lib/server/sources/curl-line.ts';
import { signedSample } from '#lib/server/sources/signed-sample.ts';
import { findProvider, providers } from '#lib/server/verify/providers.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { verify } from '#lib/server/verify/verify.ts';

const URL_OF_SOURCE = 'https://hooks.example.com/in/sample';
const NOW = Date.parse('2026-11-21T14:02:11.482Z');

function sourceOf(provider: string, secret = '0123456789abcdef'.repeat(4)): RoutedSource {
  const found = findProvider(provider);
  const required = found?.options.filter((option) => option.required) ?? [];
  return {
    ...{ id: 1, slug: 'sample', name: 'Sample', provider, connections: [] },
    options: Object.fromEntries(required.map((option) => [option.name, option.default ?? 'X-Test'])),
    secrets: found?.needsSecret ? [{ id: 1, label: 'signing secret', value: secret }] : []
  };
}

const signable = providers.filter((provider) => provider.signable).map((provider) => provider.slug);

test.each(signable)('a sample of %s is valid', (slug) => {
  const source = sourceOf(slug);
  const provider = findProvider(slug);
  const sample = signedSample(source, URL_OF_SOURCE, NOW);
  if ('problem' in sample || provider === null) throw new Error(`No sample of ${slug}.`);
  const request = { ...sample, path: '', query: '', body: Buffer.from(sample.body) };
  const verdict = verify(provider, request, { secrets: source.secrets, options: source.options, now: NOW });
  expect(verdict.reason).toBeNull();
  expect(verdict.status).toBe(provider.needsSecret ? 'valid' : 'none');
});

test('without a secret there is a sentence instead', () => {
  expect(signedSample({ ...sourceOf('stripe'), secrets: [] }, URL_OF_SOURCE, NOW)).toEqual({
    problem: 'Add the signing secret (whsec_…) first.'
  });
});

test('a secret that is no key is said in a sentence', () => {
  expect(signedSample(sourceOf('adyen', 'not hexadecimal'), URL_OF_SOURCE, NOW)).toEqual({
    problem: 'The secret cannot be used as a key: paste it as the provider shows it.'
  });
});

test('a shell sends exactly these bytes, whatever is in them', async () => {
  const received: { headers: HeaderPair[]; body: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: [['X-Odd', String(request.headers['x-odd'])]], body: Buffer.concat(chunks).toString() });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const body = `@file it's "quoted" $HOME \`id\` $(id) \\ !\n{"a": "é"}`;
  const headers: HeaderPair[] = [
    ['Content-Type', 'text/plain'],
    ['X-Odd', `it's $HOME`]
  ];
  const line = curlLine({ method: 'POST', url: `http://127.0.0.1:${port}/in/a?b=c&d='`, headers, body });
  await promisify(execFile)('sh', ['-c', `${line} --silent --fail --noproxy '*'`]);
  expect(received).toEqual([{ headers: [['X-Odd', `it's $HOME`]], body }]);
});
