// The environment: every problem at once, nothing half started.

import { expect, test } from 'vitest';
import { ConfigError, parseConfig } from '#lib/server/config.ts';

function problemsOf(environment: Record<string, string>): string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('nothing set: the defaults of the contract', () => {
  expect(parseConfig({})).toMatchObject({
    ...{
      host: '127.0.0.1',
      port: 3000,
      publicUrl: null,
      databaseUrl: null,
      retentionDays: 7,
      maxBodyBytes: 26_214_400
    },
    ...{ logLevel: 'info', allowPrivateDestinations: [], trustedProxies: [], roles: ['door', 'worker', 'web'] }
  });
});

test('an empty value counts as unset', () => {
  expect(parseConfig({ PORT: '', PUBLIC_URL: '', SECRET_KEY: '' }).port).toBe(3000);
});

test('all problems are listed at once, each with its name', () => {
  const problems = problemsOf({
    ...{ PORT: '70000', PUBLIC_URL: 'ftp://x', LOG_LEVEL: 'loud', RETENTION_DAYS: '0', TRUSTED_PROXIES: '10.0.0.1' },
    ...{ ROLES: 'door,kitchen', ADMIN_EMAIL: 'nobody', MAX_BODY_BYTES: '-1', DATABASE_URL: 'mysql://x' }
  });
  for (const name of ['PORT', 'PUBLIC_URL', 'LOG_LEVEL', 'RETENTION_DAYS', 'TRUSTED_PROXIES', 'ROLES', 'ADMIN_EMAIL']) {
    expect(
      problems.some((problem) => problem.startsWith(name)),
      `${name} in ${problems.join(' | ')}`
    ).toBe(true);
  }
});

test('a database URL in a problem is not repeated: it holds a password', () => {
  expect(problemsOf({ DATABASE_URL: 'mysql://user:hunter2@host/db' }).join()).not.toContain('hunter2');
});

test('DATABASE_URL needs SECRET_KEY, and ADMIN_EMAIL needs ADMIN_PASSWORD', () => {
  expect(problemsOf({ DATABASE_URL: 'postgres://u:p@h/d' }).join()).toContain('SECRET_KEY');
  expect(problemsOf({ ADMIN_EMAIL: 'a@example.com' }).join()).toContain('ADMIN_PASSWORD');
});

test.each([
  ['PUBLIC_URL', 'https://hooks.example.com/path'],
  ['API_KEY', 'two words'],
  ['API_KEY', 'short'],
  ['SECRET_KEY', 'short'],
  ['PORT', '3000x'],
  ['ADMIN_PASSWORD', 'x'.repeat(201)]
])('%s refuses %s', (name, value) => {
  expect(problemsOf({ ADMIN_EMAIL: 'a@example.com', ADMIN_PASSWORD: 'password', [name]: value })).toHaveLength(1);
});
