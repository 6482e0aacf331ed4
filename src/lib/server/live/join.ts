// Joins the frames of one round. Most readers wait for the same ones: they share the joined bytes too.

let lastParts: readonly Buffer[] = [];
let lastJoined: Buffer = Buffer.alloc(0);

/** One buffer of all; the same object for the same list as in the call before. */
export function joinBuffers(parts: readonly Buffer[]): Buffer {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  if (parts.length === lastParts.length && parts.every((part, at) => part === lastParts[at])) return lastJoined;
  lastParts = parts;
  lastJoined = Buffer.concat(parts);
  return lastJoined;
}
