// What is served beside the API's operations, by hand: the door, the live stream, the health of the process.

const text = { type: 'string' };
const error = { type: 'object', properties: { error: text, message: text }, required: ['error'] };

const json = (description: string, schema: object) => ({ description, content: { 'application/json': { schema } } });

const answersOfTheDoor = {
  200: json('Committed. A handshake gets what its provider wants instead.', {
    type: 'object',
    properties: { id: { type: 'string', format: 'uuid' } },
    required: ['id']
  }),
  401: json('Logged, delivered to nobody', {
    type: 'object',
    properties: { error: { const: 'invalid_signature' }, reason: text, id: { type: 'string', format: 'uuid' } },
    required: ['error', 'reason', 'id']
  }),
  404: json('There is no such source', error),
  405: json('The source does not take this method; Allow names those that it takes', error),
  408: json('The body did not come in time', error),
  413: json('The body is larger than MAX_BODY_BYTES', error),
  429: json('More than the source takes from one sender', error),
  503: json('Not kept: try again after Retry-After', error)
};

const slug = { name: 'slug', in: 'path', required: true, schema: text };
const rest = { name: 'rest', in: 'path', required: true, schema: text, description: 'Anything, slashes too.' };

const door = (summary: string, parameters: object[]) => ({
  post: {
    tags: ['door'],
    summary,
    description: 'Any method, any body. What came in is kept byte for byte.',
    security: [],
    parameters,
    requestBody: { content: { '*/*': {} } },
    responses: answersOfTheDoor
  }
});

const probe = (summary: string, contentType: string, failure?: string) => ({
  get: {
    tags: ['health'],
    summary,
    security: [],
    responses: {
      200: { description: summary, content: { [contentType]: {} } },
      ...(failure === undefined ? {} : { 503: { description: failure, content: { [contentType]: {} } } })
    }
  }
});

export const besides = {
  '/in/{slug}': door('Post a message to a source', [slug]),
  '/in/{slug}/{rest}': door('Post a message below a source', [slug, rest]),
  '/api/v1/live': {
    get: {
      tags: ['live'],
      summary: 'Stream what happens',
      description:
        'Server-sent events: message, delivery, account, pull-requests, each one JSON object as a reload would show it; reset: reload. Last-Event-ID, or ?since=, replays what was missed.',
      parameters: [
        {
          name: 'topics',
          in: 'query',
          required: true,
          schema: text,
          description: 'inbox, message:<id>, account:<id>, pull-requests, separated by commas.'
        },
        { name: 'since', in: 'query', required: false, schema: text, description: 'The id of the last event seen.' }
      ],
      responses: {
        200: { description: 'A stream', content: { 'text/event-stream': { schema: text } } },
        401: json('Neither an API key nor a session', error),
        403: json('The role may not read a topic', error)
      }
    }
  },
  '/healthz': probe('Whether the process lives', 'application/json'),
  '/readyz': probe(
    'Whether it can do its work',
    'application/json',
    'Something it needs is not there; the answer names it'
  ),
  '/metrics': probe('Metrics, in the text form of Prometheus', 'text/plain')
};
