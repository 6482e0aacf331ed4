// The table of providers. A new one is a row in rows/, nothing else: see docs/providers.md.

import { compileProvider, type Provider } from './provider.ts';
import { repositoriesRows } from './rows/repositories.ts';
import { operationsRows } from './rows/operations.ts';
import { merchantsRows } from './rows/merchants.ts';
import { bankingRows } from './rows/banking.ts';
import { shopsRows } from './rows/shops.ts';
import { customersRows } from './rows/customers.ts';
import { workplaceRows } from './rows/workplace.ts';
import { contentRows } from './rows/content.ts';
import { chatRows } from './rows/chat.ts';
import { machinesRows } from './rows/machines.ts';
import { platformRows } from './rows/platforms.ts';
import { unsignedRows } from './rows/unsigned.ts';
import { billingRows } from './rows/billing.ts';
import { cloudRows } from './rows/cloud.ts';
import { codeRows } from './rows/code.ts';
import { commerceRows } from './rows/commerce.ts';
import { documentRows } from './rows/documents.ts';
import { genericRows } from './rows/generic.ts';
import { keyedRows } from './rows/keyed.ts';
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
  ...keyedRows,
  ...cloudRows,
  ...standardRows,
  ...repositoriesRows,
  ...operationsRows,
  ...merchantsRows,
  ...bankingRows,
  ...billingRows,
  ...shopsRows,
  ...customersRows,
  ...workplaceRows,
  ...contentRows,
  ...chatRows,
  ...machinesRows,
  ...platformRows,
  ...unsignedRows,
  ...genericRows
].map(compileProvider);

const bySlug = new Map(providers.map((provider) => [provider.slug, provider]));

/** The provider of that slug, null when there is none. */
export const findProvider = (slug: string): Provider | null => bySlug.get(slug) ?? null;
