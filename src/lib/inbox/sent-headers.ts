// Which headers a destination is sent that nobody else may set.

/** Of one connection, or made anew for it. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'],
  ...['host', 'content-length', 'proxy-authenticate']
]);

/** Said by this program of what it sends: the signature, the message's id, the number of the attempt. */
export const isOurs = (name: string): boolean => /^(?:webhook|holdfast)-/i.test(name);
