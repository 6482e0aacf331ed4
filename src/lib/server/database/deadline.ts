// A deadline of our own on every query: postgres.js can wait for good when a server closes connections as they open
// (porsager/postgres#1193), and the server's statement_timeout is no help where the server is not reached.

/** A query did not answer in time. Whether it took effect is not known. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly code = 'DEADLINE';
}

/**
 * Waits for a query, at most so long; then cancels it, as far as it can be, and rejects.
 * @param query a postgres.js query, or any promise (of a whole transaction), which can only be left alone
 * @param what names it in the error: "storing a batch of messages"
 * @throws {DeadlineError} past the deadline
 */
export function withDeadline<T>(query: PromiseLike<T>, milliseconds: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new DeadlineError(`The database did not answer within ${milliseconds} ms (${what}).`));
      cancel(query);
    }, milliseconds);
    // Settles the query's own promise too, so that its late rejection is not an unhandled one.
    query.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error('The query failed.', { cause: error }));
      }
    );
  });
}

/**
 * postgres.js cancels over a second connection and drops that one's promise: with the server away its rejection would
 * end the process. `canceller` is what its cancel() calls, and gives the promise.
 */
function cancel(query: object): void {
  if (!('canceller' in query) || typeof query.canceller !== 'function') return;
  const cancelled: unknown = Reflect.apply(query.canceller, query, [query]);
  if (cancelled instanceof Promise) cancelled.catch(() => {});
}
