// What a page gets of a posted form: typed values, or every problem beside its field and what was typed.

import * as v from 'valibot';
import { expect, test } from 'vitest';
import { formProblem, parseForm } from '#lib/ui/form.ts';

const schema = v.object({
  name: v.pipe(v.string(), v.nonEmpty('A name is needed.')),
  hours: v.pipe(v.string(), v.regex(/^\d+$/, 'A number is needed.'), v.transform(Number)),
  secret: v.string()
});

function formOf(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

test('values are trimmed and typed', () => {
  const { output, problem } = parseForm(
    'rotate',
    schema,
    formOf({ name: '  live ', hours: '24', secret: ' whsec_1\n' })
  );
  expect(problem).toBeNull();
  expect(output).toEqual({ name: 'live', hours: 24, secret: 'whsec_1' });
});

test('each field has its own sentence, and what was typed comes back', () => {
  const { output, problem } = parseForm('rotate', schema, formOf({ name: '', hours: 'soon', secret: 's' }));
  expect(output).toBeNull();
  expect(problem).toEqual({
    form: 'rotate',
    values: { name: '', hours: 'soon' },
    errors: { name: 'A name is needed.', hours: 'A number is needed.' },
    message: null
  });
});

test('secrets and passwords never come back, and passwords keep their spaces', () => {
  const data = formOf({
    password: ' open sesame ',
    api_key: 'k',
    setup_token: 't',
    client_secret: 's',
    email: 'a@b.c'
  });
  expect(formProblem('login', data, { message: 'No.' }).values).toEqual({ email: 'a@b.c' });
  const parsed = parseForm('login', v.object({ password: v.string() }), data);
  expect(parsed.output).toEqual({ password: ' open sesame ' });
});

test('a file where text belongs is not a value', () => {
  const data = formOf({ hours: '1', secret: '' });
  data.set('name', new File(['x'], 'x.txt'));
  expect(parseForm('rotate', schema, data).problem?.errors).toHaveProperty('name');
});
