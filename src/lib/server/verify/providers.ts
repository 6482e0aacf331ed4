// The table of providers. A new one is a row in rows/, nothing else: see docs/providers.md.

import { compileProvider, type Provider } from './provider.ts';
import { cloudRows } from './rows/cloud.ts';
import { codeRows } from './rows/code.ts';
import { commerceRows } from './rows/commerce.ts';
import { documentRows } from './rows/documents.ts';
import { genericRows } from './rows/generic.ts';
import { messagingRows } from './rows/messaging.ts';
import { paymentRows } from './rows/payments.ts';
import { standardRows } from './rows/standard.ts';

/** Every provider, in the order in which they are offered. */
export const providers: readonly Provider[] = [
  ...paymentRows,
  ...commerceRows,
  ...codeRows,
  ...messagingRows,
  ...documentRows,
  ...cloudRows,
  ...standardRows,
  ...genericRows
].map(compileProvider);

const bySlug = new Map(providers.map((provider) => [provider.slug, provider]));

/** The provider of that slug, null when there is none. */
export const findProvider = (slug: string): Provider | null => bySlug.get(slug) ?? null;
