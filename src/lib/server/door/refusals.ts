// What is not taken in, and why: nothing of it is logged, so each says the value, the limit and the next step.

const BUSY_RETRY_AFTER_SECONDS = 5;

export interface Refusal {
  status: number;
  error: string;
  message: string;
  headers?: Record<string, string>;
}

/** Comes again later: nothing was kept. */
export const busy = (message: string): Refusal => ({
  status: 503,
  error: 'unavailable',
  message,
  headers: { 'retry-after': String(BUSY_RETRY_AFTER_SECONDS) }
});

export const unknownSource = (slug: string): Refusal => ({
  status: 404,
  error: 'unknown_source',
  message: `There is no source "${slug.slice(0, 100)}". Check the URL against the source's page.`
});

export const wrongMethod = (method: string, allowed: readonly string[]): Refusal => ({
  status: 405,
  error: 'method_not_allowed',
  message: `This source does not take ${method}: it takes ${allowed.join(', ')}.`,
  headers: { allow: allowed.join(', ') }
});

export const tooLarge = (limitBytes: number): Refusal => ({
  status: 413,
  error: 'too_large',
  message: `The body is over the limit of ${limitBytes} bytes. Raise MAX_BODY_BYTES to take it.`
});

export const rateLimited = (remoteIp: string, slug: string, perSecond: number): Refusal => ({
  status: 429,
  error: 'rate_limited',
  message: `${remoteIp} sent more than ${perSecond} requests a second to ${slug}. Send again in a second.`,
  headers: { 'retry-after': '1' }
});
