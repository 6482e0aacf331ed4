// A message without the expected header often comes from another provider than the source was made for. The header that
// it does carry is only ever a hint in a sentence; it never chooses how a message is verified.

import { nameOf } from './field.ts';
import { providers } from './providers.ts';
import type { Provider } from './provider.ts';
import type { SignedRequest } from './types.ts';

const MAX_NAMES = 3;

const sendersByHeader = new Map<string, string[]>();
for (const { row } of providers) {
  if (typeof row.schemes === 'function') continue;
  for (const { signature } of row.schemes) {
    const name = nameOf(signature).toLowerCase();
    if (!signature.startsWith('header:') || name === 'authorization') continue;
    const senders = sendersByHeader.get(name) ?? [];
    if (!senders.includes(row.name)) sendersByHeader.set(name, [...senders, row.name]);
  }
}

/** A sentence to put after "… is missing", with its leading space; empty when nothing points to another provider. */
export function sendersOf(request: SignedRequest, expected: Provider): string {
  for (const [name] of request.headers) {
    const senders = sendersByHeader.get(name.toLowerCase())?.filter((sender) => sender !== expected.name) ?? [];
    if (senders.length === 0) continue;
    const names = senders.length > MAX_NAMES ? 'other providers' : senders.join(' or ');
    return ` It carries ${name}, as ${names} would send: check the source's provider.`;
  }
  return '';
}
