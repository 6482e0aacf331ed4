import { expect, test } from 'vitest';
import { sessionCookie } from '#lib/server/auth/cookie.ts';

const END = new Date('2026-12-21T00:00:00Z');

test('on https the cookie is Secure and bound to the host by its name', () => {
  expect(sessionCookie(true).issue('abc', END)).toEqual({
    name: '__Host-holdfast_session',
    value: 'abc',
    options: { path: '/', httpOnly: true, sameSite: 'lax', secure: true, expires: END }
  });
});

test('on http it is not Secure, and does not claim to be', () => {
  const { name, options } = sessionCookie(false).issue('abc', END);
  expect(name).toBe('holdfast_session');
  expect(options).toMatchObject({ path: '/', httpOnly: true, sameSite: 'lax', secure: false });
});

test('clearing ends it in the past with the same attributes', () => {
  const { value, options } = sessionCookie(true).clear();
  expect(value).toBe('');
  expect(options).toEqual({ path: '/', httpOnly: true, sameSite: 'lax', secure: true, expires: new Date(0) });
});

test.each([
  ['holdfast_session=abc', 'abc'],
  ['theme=dark; holdfast_session=abc; x=y', 'abc'],
  ['theme=dark;holdfast_session=abc', 'abc'],
  ['broken=%E0%A4%A; holdfast_session=abc', 'abc'],
  ['holdfast_session=', null],
  ['holdfast_session', null],
  ['xholdfast_session=abc', null],
  ['__Host-holdfast_session=abc', null],
  ['', null],
  [null, null]
])('reads %j as %j', (header, expected) => {
  expect(sessionCookie(false).read(header)).toBe(expected);
});

test('on https a cookie without the __Host- name, which a subdomain could have set, signs nobody in', () => {
  expect(sessionCookie(true).read('holdfast_session=abc')).toBeNull();
});
