import { expect, test } from 'vitest';
import { isSameOrigin, type RequestOrigin } from '#lib/server/auth/origin.ts';

const post = (given: Partial<RequestOrigin>): boolean =>
  isSameOrigin({
    method: 'POST',
    origin: null,
    secFetchSite: null,
    host: 'hooks.example.com',
    publicUrl: null,
    ...given
  });

const PUBLIC_URL = new URL('https://hooks.example.com');

test.each(['GET', 'HEAD', 'OPTIONS', 'get'])('%s changes nothing and passes from everywhere', (method) => {
  expect(post({ method, origin: 'https://evil.example', secFetchSite: 'cross-site' })).toBe(true);
});

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'post'])('%s from another site is refused', (method) => {
  expect(post({ method, origin: 'https://evil.example' })).toBe(false);
});

test.each([
  ['https://hooks.example.com', 'hooks.example.com'],
  // A proxy took the TLS off.
  ['https://hooks.example.com', 'hooks.example.com:443'],
  ['http://localhost:3000', 'localhost:3000'],
  ['http://[::1]:3000', '[::1]:3000'],
  ['https://hooks.example.com', 'HOOKS.example.com']
])('without PUBLIC_URL Origin %s fits Host %s', (origin, host) => {
  expect(post({ origin, host })).toBe(true);
});

test.each([
  ['http://localhost:3000', '127.0.0.1:3000'],
  ['http://localhost:3001', 'localhost:3000'],
  ['https://hooks.example.com.evil.example', 'hooks.example.com'],
  ['https://evil.example/hooks.example.com', 'hooks.example.com'],
  ['https://hooks.example.com@evil.example', 'hooks.example.com'],
  ['null', 'hooks.example.com'],
  ['', 'hooks.example.com'],
  ['https://hooks.example.com', null],
  ['https://hooks.example.com', '/'],
  ['null', null]
])('without PUBLIC_URL Origin %s does not fit Host %s', (origin, host) => {
  expect(post({ origin, host })).toBe(false);
});

test('with PUBLIC_URL only that counts, and Host does not', () => {
  expect(post({ origin: 'https://hooks.example.com', host: 'holdfast:3000', publicUrl: PUBLIC_URL })).toBe(true);
  expect(post({ origin: 'http://hooks.example.com', publicUrl: PUBLIC_URL })).toBe(false);
  expect(post({ origin: 'https://hooks.example.com:8443', publicUrl: PUBLIC_URL })).toBe(false);
  expect(post({ origin: 'https://evil.example', host: 'evil.example', publicUrl: PUBLIC_URL })).toBe(false);
});

test("the browser's word against it wins over a fitting Origin", () => {
  for (const secFetchSite of ['cross-site', 'same-site', 'nonsense']) {
    expect(post({ origin: 'https://hooks.example.com', secFetchSite }), secFetchSite).toBe(false);
  }
});

test("without Origin only the browser's word for it passes", () => {
  expect(post({ secFetchSite: 'same-origin' })).toBe(true);
  expect(post({ secFetchSite: 'none' })).toBe(true);
  expect(post({ secFetchSite: 'same-site' })).toBe(false);
  expect(post({ secFetchSite: 'cross-site' })).toBe(false);
  expect(post({})).toBe(false);
});
