// Addresses from outside: what leads away from here, or runs, is not taken.

import { expect, test } from 'vitest';
import { safePath, webUrl } from '#lib/ui/safe-path.ts';

test.each([
  ['/inbox', '/inbox'],
  ['/inbox?status=failed&q=a%20b', '/inbox?status=failed&q=a%20b'],
  ['/inbox#x', '/inbox'],
  ['/a/../sources', '/sources']
])('goes back to %s', (given, path) => expect(safePath(given, '/fallback')).toBe(path));

test.each([
  'https://evil.example/',
  '//evil.example',
  '//evil.example/inbox',
  String.raw`/\evil.example`,
  String.raw`\\evil.example`,
  '/\t/evil.example',
  '/..//evil.example',
  '/.//evil.example',
  'javascript:alert(1)',
  'inbox',
  '',
  null,
  undefined,
  7
])('does not follow %j', (given) => expect(safePath(given, '/fallback')).toBe('/fallback'));

test.each(['https://github.com/acme/shop/pull/1', 'http://localhost:3000/'])('links to %s', (url) =>
  expect(webUrl(url)).toBe(url)
);

test.each(['javascript:alert(1)', 'data:text/html,<script>', ' javascript:alert(1)', 'vbscript:x', '/pull/1', ''])(
  'does not link to %j',
  (url) => expect(webUrl(url)).toBeNull()
);
