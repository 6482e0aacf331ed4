// What a screen says about its stream.

export type Connection = 'connecting' | 'live' | 'paused' | 'reconnecting' | 'offline';

/** Whether what is shown may be old: not while the stream is being opened for the first time. */
export function isStale(connection: Connection): boolean {
  return connection === 'reconnecting' || connection === 'offline';
}
