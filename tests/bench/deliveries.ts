// Deliveries alone: what waits for a destination that was paused, from the moment it is resumed until nothing waits; and
// how soon after its receipt a message is on its way.

import { load, startSink, type BenchHoldfast } from './processes.ts';

const DEAD = 9;
const RATE = 200;
const READER_RATE = 200;

export interface DeliveryFigure {
  name: string;
  value: number;
  unit: string;
  aim?: string;
}

interface Place {
  slug: string;
  destination: number;
}

export interface DeliveryBench {
  holdfast: BenchHoldfast;
  accountId: number;
  /** Deliveries that wait in each measurement. */
  waiting: number;
  seconds: number;
}

/** Measures them, one after another. */
export async function measureDeliveries(bench: DeliveryBench): Promise<DeliveryFigure[]> {
  const sink = await startSink();
  try {
    const url = `http://127.0.0.1:${sink.port}/`;
    const http = await connected(bench, 'http', url);
    const figures: DeliveryFigure[] = [
      { name: 'HTTP deliveries to a local sink', value: await drainRate(bench, http), unit: '/s', aim: '≥ 2,500' },
      { name: 'handler deliveries', value: await drainRate(bench, await handler(bench)), unit: '/s', aim: '≥ 5,000' },
      ...(await firstAttempts(bench, http))
    ];
    const alone = await drainRate(bench, http);
    await fillDead(bench);
    const beside = await drainRate(bench, http);
    figures.push({
      name: `a healthy destination beside ${DEAD} dead ones`,
      value: beside / alone,
      unit: '×',
      aim: '≥ 0.8'
    });
    figures.push(await deadTuples(bench, http));
    return figures;
  } finally {
    await sink.stop();
  }
}

async function connected({ holdfast }: DeliveryBench, slug: string, url: string): Promise<Place> {
  await holdfast.api('/sources', { slug, provider: 'none' });
  const { id } = await holdfast.api('/destinations', { name: slug, url });
  await holdfast.api('/connections', { source: slug, destination: id });
  return { slug, destination: Number(id) };
}

async function handler({ holdfast }: DeliveryBench): Promise<Place> {
  const [row] = await holdfast.sql<{ id: number }[]>`select id from destinations where handler = 'stripe-balance'`;
  return { slug: 'bench', destination: row?.id ?? 0 };
}

const post = ({ holdfast, accountId }: DeliveryBench, slug: string, how: { seconds: number; rate: number | null }) =>
  load({ port: holdfast.port, path: `/in/${slug}`, connections: 64, accountId, ...how });

async function waitingFor({ holdfast }: DeliveryBench, destination: number): Promise<number> {
  const [row] = await holdfast.sql<{ count: number }[]>`
    select count(*) as count from delivery_queue where destination_id = ${destination}`;
  return row?.count ?? 0;
}

/** Pauses, fills, resumes, and waits until nothing waits. @returns deliveries a second */
async function drainRate(bench: DeliveryBench, { slug, destination }: Place): Promise<number> {
  await bench.holdfast.api(`/destinations/${destination}/pause`, {});
  while ((await waitingFor(bench, destination)) < bench.waiting) await post(bench, slug, { seconds: 2, rate: 2500 });
  const waiting = await waitingFor(bench, destination);
  const started = performance.now();
  await bench.holdfast.api(`/destinations/${destination}/resume`, {});
  while ((await waitingFor(bench, destination)) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  return waiting / ((performance.now() - started) / 1000);
}

/** From a message's receipt to the beginning of its first attempt, both by Holdfast's clock. */
async function firstAttempts(bench: DeliveryBench, { slug, destination }: Place): Promise<DeliveryFigure[]> {
  const since = new Date();
  await post(bench, slug, { seconds: bench.seconds, rate: RATE });
  while ((await waitingFor(bench, destination)) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  const [row] = await bench.holdfast.sql<{ half: number; most: number }[]>`
    select percentile_cont(0.5) within group (order by ms) as half, percentile_cont(0.95) within group (order by ms) as most
      from (select extract(epoch from a.started_at - m.received_at)::float8 * 1000 as ms
              from attempts a join delivery_results r on r.id = a.delivery_id
              join messages m on m.id = r.message_id
             where a.number = 1 and r.destination_id = ${destination} and m.received_at >= ${since}) t`;
  return [
    { name: `accept → first attempt at ${RATE}/s, p50`, value: row?.half ?? Number.NaN, unit: 'ms', aim: '≤ 10' },
    { name: `accept → first attempt at ${RATE}/s, p95`, value: row?.most ?? Number.NaN, unit: 'ms', aim: '≤ 15' }
  ];
}

/** Nobody listens on port 1. */
async function fillDead(bench: DeliveryBench): Promise<void> {
  for (let n = 0; n < DEAD; n++) {
    const { slug } = await connected(bench, `dead-${n}`, 'http://127.0.0.1:1/');
    await post(bench, slug, { seconds: 1, rate: bench.waiting / DEAD });
  }
}

/** With a reader that keeps its snapshot meanwhile, so that nothing can be vacuumed. */
async function deadTuples(bench: DeliveryBench, { slug }: Place): Promise<DeliveryFigure> {
  const { sql } = bench.holdfast;
  await sql`vacuum delivery_queue`;
  await sql.begin('isolation level repeatable read read only', async (reader) => {
    await reader`set local idle_in_transaction_session_timeout = 0`;
    await reader`select count(*) from delivery_queue`;
    await post(bench, slug, { seconds: bench.seconds * 3, rate: READER_RATE });
  });
  const [row] = await sql<{ dead: number }[]>`
    select n_dead_tup as dead from pg_stat_user_tables where relname = 'delivery_queue'`;
  const name = `dead tuples of the queue after ${bench.seconds * 3} s with a reader at ${READER_RATE}/s`;
  return { name, value: row?.dead ?? Number.NaN, unit: '' };
}
