// The URL of a destination that wants the sender's path: appended, and never out of the destination's own.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forwardedUrl } from '#lib/server/deliver/http/forward-path.ts';

const forwarded = (destination: string, path: string, query = '') =>
  forwardedUrl(destination, { path: `/in/shop${path}`, query });

test.each([
  ['https://a.example/hook', '', '', 'https://a.example/hook'],
  ['https://a.example', '/deep/er', 'q=1', 'https://a.example/deep/er?q=1'],
  ['https://a.example/hook/', '/deep', '', 'https://a.example/hook/deep'],
  ['https://a.example/hook', '/', '', 'https://a.example/hook/'],
  ['https://a.example/hook?key=1', '/x', 'q=%2F', 'https://a.example/hook/x?key=1&q=%2F'],
  ['https://a.example/hook', '//evil.example/x', '', 'https://a.example/hook//evil.example/x'],
  ['https://a.example/hook', '/@evil.example', '', 'https://a.example/hook/@evil.example'],
  ['https://a.example/hook', '/a%2Fb', '', 'https://a.example/hook/a%2Fb'],
  ['https://a.example/hook', '/a%3Fb%23c', '', 'https://a.example/hook/a%3Fb%23c'],
  ['https://a.example/hook', '/a\\b', '', 'https://a.example/hook/a%5Cb'],
  ['https://a.example/hook', '/...', '', 'https://a.example/hook/...']
])('%s and %s?%s', (...[destination, path, query, url]) => {
  expect(forwarded(destination, path, query)).toBe(url);
});

test.each([
  ...['/..', '/../admin', '/a/../../admin', '/./a', '/%2e%2e/admin', '/.%2E/admin', '/..%2fadmin', '/..%5cadmin'],
  ...['/..\\admin', '/%252e%252e%252fadmin', '/..;/admin', '/a/..', '/.\t./admin']
])('%s is refused', (path) => {
  expect(() => forwarded('https://a.example/hook', path)).toThrow('leads out of the destination');
});

test('whatever the path, it stays below', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('/', '.', '%', '2', 'e', '5', 'c', '\\', ';', 'a', 'x', '?', '#', '@', ':') }),
      fc.string(),
      (path, query) => {
        try {
          const url = new URL(forwarded('https://a.example/hook', `/${path}`, query));
          expect(url.origin).toBe('https://a.example');
          expect(url.pathname.startsWith('/hook/')).toBe(true);
        } catch (error) {
          expect(String(error)).toContain('leads out');
        }
      }
    )
  );
});
