// /api/v1/deliveries

import { skipDelivery } from '#lib/server/deliver/waiting.ts';
import { actorText } from '#lib/server/auth/audit.ts';
import { readDelivery } from '#lib/server/log/read-delivery.ts';
import { operation, takesNothing } from '../operation.ts';
import { notFound, ok, problem } from '../reply.ts';
import { byUuid } from '../schemas/fields.ts';
import { deliveryOut } from '../schemas/message.ts';

const tag = 'delivery';

export const read = operation({
  ...{ ...takesNothing, method: 'GET', path: '/deliveries/{id}', tag, permission: 'read' },
  summary: 'Read a delivery with its attempts',
  params: byUuid,
  replies: { 200: { description: 'The delivery', schema: deliveryOut } },
  async handle({ parts, params }) {
    const delivery = await readDelivery(parts.database, params.id);
    return delivery === null ? notFound(`delivery ${params.id}`) : ok(delivery);
  }
});

export const skip = operation({
  ...{ ...takesNothing, method: 'POST', path: '/deliveries/{id}/skip', tag, permission: 'redeliver' },
  summary: 'Give up a delivery that waits',
  description:
    'It has failed then, and says who gave it up; what waits behind it in its order goes on. It can be delivered again later.',
  params: byUuid,
  replies: { 200: { description: 'The delivery', schema: deliveryOut } },
  async handle({ parts, params, principal, audit }) {
    const before = await readDelivery(parts.database, params.id);
    if (before === null) return notFound(`delivery ${params.id}`);
    const skipped = await skipDelivery(parts.database.web, params.id, actorText(principal ?? 'system'));
    if (!skipped) return problem(409, 'not_waiting', `The delivery has ${before.status}: there is nothing to skip.`);
    parts.deliver.worker.nudge();
    parts.teller.requeued([params.id]);
    await audit({ action: 'delivery.skipped', subject: `delivery ${params.id}` });
    const delivery = await readDelivery(parts.database, params.id);
    return delivery === null ? notFound(`delivery ${params.id}`) : ok(delivery);
  }
});
