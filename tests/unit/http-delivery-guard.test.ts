// The guard on a real network: it lets through what is allowed, asks a name once, and leaves TLS as strict as it is.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createAddressCheck } from '#lib/server/deliver/http/addresses.ts';
import { createGuardedAgent } from '#lib/server/deliver/http/guard.ts';
import { send } from '#lib/server/deliver/http/send.ts';
import { makeCertificate, type Certificate } from '../support/certificate.ts';

const YEAR_MS = 365 * 86_400_000;
const trusted = makeCertificate('hooks.example.org', new Date(Date.now() + YEAR_MS));
const expired = makeCertificate('hooks.example.org', new Date(Date.now() - 86_400_000));
const unknown = makeCertificate('hooks.example.org', new Date(Date.now() + YEAR_MS));

const authorities = getCACertificates();
beforeAll(() => setDefaultCACertificates([...authorities, trusted.cert, expired.cert]));
afterAll(() => setDefaultCACertificates(authorities));

const check = createAddressCheck(['127.0.0.1/32']);
const outgoing = { method: 'POST', headers: [], body: Buffer.from('{}') };

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** Posts with a guard of its own, for which every name is at these addresses. */
async function post(url: string, addresses: string[], guard = check) {
  const agent = createGuardedAgent(guard, async () => addresses);
  onTestFinished(() => agent.destroy());
  return send(agent, url, { outgoing, timeoutMs: 5_000, clock: Date.now });
}

const secure = ({ cert, key }: Certificate) =>
  listening(createSecureServer({ cert, key }, (request, response) => response.end(request.headers.host)));

test('https to an allowed address, by its name', async () => {
  const port = await secure(trusted);
  const answer = await post(`https://hooks.example.org:${port}/`, ['127.0.0.1']);
  expect(answer).toMatchObject({ outcome: 'response', status: 200, error: null });
  expect(answer.body.toString()).toBe(`hooks.example.org:${port}`);
});

test.each<[string, { certificate: Certificate; host: string; error: RegExp }]>([
  [
    'another name than the certificate’s',
    { certificate: trusted, host: 'other.example.org', error: /other\.example\.org/ }
  ],
  ['an address instead of the name', { certificate: trusted, host: '127.0.0.1', error: /127\.0\.0\.1/ }],
  [
    'a certificate that nobody vouches for',
    { certificate: unknown, host: 'hooks.example.org', error: /self-signed certificate/ }
  ],
  ['an expired certificate', { certificate: expired, host: 'hooks.example.org', error: /expired/ }]
])('https with %s is not sent', async (_name, { certificate, host, error }) => {
  const port = await secure(certificate);
  const answer = await post(`https://${host}:${port}/`, ['127.0.0.1']);
  expect(answer).toMatchObject({ outcome: 'error', status: null, error: expect.stringMatching(error) as string });
});

test('http to an allowed address; with the same address not allowed, nothing even connects', async () => {
  let connections = 0;
  const server = createServer((_request, response) => response.end()).on('connection', () => (connections += 1));
  const port = await listening(server);
  expect(await post(`http://hooks.example.org:${port}/`, ['127.0.0.1'])).toMatchObject({ status: 200 });
  expect(connections).toBe(1);
  for (const protocol of ['http', 'https']) {
    const answer = await post(`${protocol}://hooks.example.org:${port}/`, ['127.0.0.1'], createAddressCheck([]));
    expect(answer).toMatchObject({ outcome: 'refused', error: expect.stringContaining('(127.0.0.1)') as string });
  }
  expect(connections).toBe(1);
});

test('a name that changes its mind is asked once a connection, and what was checked is what is connected to', async () => {
  const port = await listening(createServer((_request, response) => response.setHeader('connection', 'close').end()));
  const answers = [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1', '10.0.0.1']];
  let asked = 0;
  const agent = createGuardedAgent(check, async () => answers[asked++] ?? []);
  onTestFinished(() => agent.destroy());
  const outcomes: string[] = [];
  for (const _ of answers) {
    outcomes.push(
      (await send(agent, `http://rebinding.example:${port}/`, { outgoing, timeoutMs: 5_000, clock: Date.now })).outcome
    );
  }
  expect(outcomes).toEqual(['response', 'refused', 'refused']);
  expect(asked).toBe(3);
});

test('of several addresses one that answers is enough', async () => {
  const port = await listening(createServer((_request, response) => response.end()));
  const either = createAddressCheck(['127.0.0.0/8']);
  expect(await post(`http://hooks.example.org:${port}/`, ['127.0.0.9', '127.0.0.1'], either)).toMatchObject({
    status: 200
  });
});

test.each([
  [[], 'hooks.example.org has no address'],
  [['127.0.0.1'], 'ECONNREFUSED']
])('with the addresses %j: a failure that says so, not a refusal', async (addresses, error) => {
  const answer = await post('http://hooks.example.org:1/', addresses);
  expect(answer).toMatchObject({ outcome: 'error', error: expect.stringContaining(error) as string });
});

test('a redirect to where deliveries may not go is not followed', async () => {
  const server = createServer((_request, response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
  );
  const port = await listening(server);
  expect(await post(`http://hooks.example.org:${port}/`, ['127.0.0.1'])).toMatchObject({
    outcome: 'response',
    status: 302
  });
});
