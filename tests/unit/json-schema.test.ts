// What an answer is held against the OpenAPI document with: it notices what is wrong.

import { expect, test } from 'vitest';
import { problemsWith } from '../support/json-schema.ts';

test.each([
  [{ ids: [1, 'x'] }, 'answer.ids[1]'],
  [{}, 'answer.ids is missing'],
  [{ ids: [], more: 1 }, 'answer.more is not documented'],
  [{ ids: [], at: 'noon' }, 'answer.at']
])('%j would be noticed', (value, problem) => {
  const at = { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] };
  const schema = { type: 'object', required: ['ids'], properties: { ids: { items: { type: 'integer' } }, at } };
  expect(problemsWith(value, schema)).toEqual([expect.stringContaining(problem)]);
});
