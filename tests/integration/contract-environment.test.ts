// The environment, from outside: what is wrong with it is said at once, and nothing is half started; what is right with it
// does what the contract says.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { processesIn } from '#lib/server/database/embedded-process.ts';
import { emptyDatabase, testDatabase } from '../support/database.ts';
import { freePort, startHoldfast, temporaryDataDirectory, type Holdfast } from '../support/holdfast.ts';
import { accepted, deliveryWhen, make, messageOf, post, send } from '../support/outside.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';

const SECRET_KEY = 'the key that this database was written with';
const database = await testDatabase();

interface Ended {
  code: number | null;
  output: string;
}

/** Runs the server with nothing but this environment until it ends by itself. */
async function runToEnd(env: Record<string, string>): Promise<Ended> {
  const child = spawn(process.execPath, ['src/server.ts'], { env: { PATH: process.env['PATH'] ?? '', ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += String(data)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** Started, and stopped when the test ends. */
async function started(options: Parameters<typeof startHoldfast>[0]): Promise<Holdfast> {
  const holdfast = await startHoldfast(options);
  onTestFinished(async () => expect(await holdfast.stop()).toBe(0));
  return holdfast;
}

const expectNoStack = (output: string) => expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);

test('all problems at once, each by its name, exit code 1, nothing half started, no secret repeated', async () => {
  const dataDirectory = join(await temporaryDataDirectory(), 'not-made');
  const wrong = {
    ...{ PORT: '70000', PUBLIC_URL: 'hooks.example.org/path', DATABASE_URL: 'mysql://user:hunter2@host/db' },
    ...{ DATABASE_LISTEN_URL: 'nothing', SECRET_KEY: 'hunter2', ADMIN_EMAIL: 'nobody', ADMIN_PASSWORD: 'hunter2' },
    ...{ API_KEY: 'hunter2', RETENTION_DAYS: '0', MAX_BODY_BYTES: '10 MB', LOG_LEVEL: 'loud', ROLES: 'door,kitchen' },
    ...{ ALLOW_PRIVATE_DESTINATIONS: '10.0.0.1', TRUSTED_PROXIES: 'everybody' }
  };
  const { code, output } = await runToEnd({ ...wrong, DATA_DIR: dataDirectory });
  expect(code).toBe(1);
  const lines = output.split('\n').filter((line) => line.startsWith('  - '));
  for (const name of Object.keys(wrong))
    expect(
      lines.filter((line) => line.includes(name)),
      output
    ).toHaveLength(1);
  expect(output).not.toContain('hunter2');
  expectNoStack(output);
  expect(existsSync(dataDirectory)).toBe(false);
});

test.each([
  [{ ADMIN_EMAIL: 'ada@example.org' }, /ADMIN_EMAIL and ADMIN_PASSWORD/],
  [{ DATABASE_URL: 'postgres://localhost/x' }, /DATABASE_URL .* SECRET_KEY/],
  [{ DATABASE_URL: 'postgres://127.0.0.1:1/x', SECRET_KEY }, /127\.0\.0\.1:1|ECONNREFUSED/]
])('%j alone: one sentence, exit code 1', async (env, sentence) => {
  const { code, output } = await runToEnd({ PORT: '0', DATA_DIR: await temporaryDataDirectory(), ...env });
  expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(sentence) as string });
  expectNoStack(output);
});

test('a port that is taken: one sentence, exit code 1, and no PostgreSQL is left behind', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const dataDirectory = await temporaryDataDirectory();
  const { code, output } = await runToEnd({ PORT: String(port), DATA_DIR: dataDirectory });
  expect(code).toBe(1);
  expect(processesIn(join(dataDirectory, 'postgres'))).toEqual([]);
  expect(output).toMatch(new RegExp(`can't listen on 127\\.0\\.0\\.1:${port}`));
  expectNoStack(output);
});

test('another SECRET_KEY than the database was written with is refused, and changes nothing', async () => {
  const { url } = await emptyDatabase();
  const first = await startHoldfast({ databaseUrl: url, env: { SECRET_KEY } });
  await make(first, '/sources', { slug: 'sealed', provider: 'stripe', secrets: ['whsec_sealed'] });
  expect(await first.stop()).toBe(0);

  const { code, output } = await runToEnd({ PORT: '0', DATABASE_URL: url, SECRET_KEY: 'quite another key' });
  expect(code).toBe(1);
  expect(output).toMatch(/SECRET_KEY .*database was written with/s);
  expect(output).not.toContain('quite another key');
  expectNoStack(output);

  const again = await startHoldfast({ databaseUrl: url, env: { SECRET_KEY } });
  const signed = signedByStripe(stripePayment({}).succeeded(), 'whsec_sealed');
  expect((await post(again, 'sealed', signed)).status).toBe(200);
  expect(await again.stop()).toBe(0);
});

test('PUBLIC_URL is what people are shown; LOG_LEVEL is how much the log says', async () => {
  const env = { PORT: await freePort(), PUBLIC_URL: 'https://hooks.example.org', LOG_LEVEL: 'silent' };
  const holdfast = await started({ databaseUrl: database.url, env });
  expect(holdfast.output()).toMatch(
    /Holdfast {3}https:\/\/hooks\.example\.org\n[^{}]*curl .* https:\/\/hooks\.example\.org\/in\/\S+/
  );
  expect(holdfast.output()).not.toContain('"level"');
  const source = await make(holdfast, '/sources', { slug: 'public', provider: 'none' });
  expect(source).toMatchObject({ url: 'https://hooks.example.org/in/public' });
  expect(await send(holdfast, '/api/v1/openapi.json')).toMatchObject({
    body: { servers: [{ url: 'https://hooks.example.org' }] }
  });
});

test('ROLES split the way: one node takes in, another delivers and shows', async () => {
  const taking = await started({ databaseUrl: database.url, env: { ROLES: 'door' } });
  const working = await started({
    databaseUrl: database.url,
    env: { ROLES: 'worker,web', DATABASE_LISTEN_URL: database.url }
  });
  const { id } = await make(working, '/accounts', { name: 'Ada', currency: 'usd' });
  await make(working, '/sources', { slug: 'split', provider: 'stripe', secrets: ['whsec_split'] });
  const payment = signedByStripe(stripePayment({ accountId: id, amount: 12 }).succeeded(), 'whsec_split');
  const message = await accepted(taking, 'split', payment);
  await deliveryWhen(working, message, ({ status }) => status === 'succeeded');
  expect(await messageOf(working, message)).toMatchObject({ status: 'succeeded' });

  const absent = [
    await post(working, 'split', payment),
    await send(taking, '/api/v1/sources'),
    await send(taking, '/login')
  ];
  for (const answer of absent) {
    expect(answer).toMatchObject({
      status: 503,
      body: { error: 'unavailable', message: expect.stringContaining('ROLES') as string }
    });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  for (const node of [taking, working]) expect((await send(node, '/readyz')).status).toBe(200);
});
