// People at the server, as their browsers are: a form to sign in, a cookie, an Origin.

import { expect } from 'vitest';
import type { Role } from '#lib/server/auth/principal.ts';
import type { Holdfast } from './holdfast.ts';
import { make, send, type DoorAnswer } from './outside.ts';

export const PASSWORD = 'correct horse battery staple';

export interface Person {
  email: string;
  /** The Cookie header; empty once signed out. */
  cookie(): string;
  /** Set-Cookie of the last answer that had one. */
  setCookie(): string;
  get(path: string): Promise<DoorAnswer>;
  /** Posts a form, from a page of this server. @param headers may say otherwise */
  submit(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<DoorAnswer>;
}

/** A browser in which nobody is signed in. */
export function newPerson(holdfast: Holdfast, email = 'nobody@example.org'): Person {
  const jar = new Map<string, string>();
  let last = '';
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

  async function ask(path: string, init: RequestInit): Promise<DoorAnswer> {
    const headers = new Headers(init.headers);
    headers.set('cookie', cookie());
    const answer = await send(holdfast, path, { ...init, headers });
    for (const line of answer.headers.getSetCookie()) {
      last = line;
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  return {
    ...{ email, cookie },
    setCookie: () => last,
    get: (path) => ask(path, { headers: { accept: 'text/html' } }),
    submit: (path, fields = {}, headers = {}) =>
      ask(path, {
        method: 'POST',
        body: new URLSearchParams(fields).toString(),
        headers: {
          ...{ accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
          ...{ origin: holdfast.url, 'sec-fetch-site': 'same-origin' },
          ...headers
        }
      })
  };
}

/** Signs in by the form. */
export async function signIn(holdfast: Holdfast, email: string, password = PASSWORD): Promise<Person> {
  const person = newPerson(holdfast, email);
  const answer = await person.submit('/login', { email, password });
  expect({ status: answer.status, to: answer.headers.get('location') }).toEqual({ status: 303, to: '/' });
  return person;
}

/** A user who was invited, has chosen a password by the one-time link, and is signed in. */
export async function invited(holdfast: Holdfast, email: string, role: Role): Promise<Person> {
  const { link } = await make<{ link: string }>(holdfast, '/users', { email, role });
  const person = newPerson(holdfast, email);
  const answer = await person.submit(new URL(link).pathname, { password: PASSWORD });
  expect(answer.status).toBe(303);
  return person;
}
