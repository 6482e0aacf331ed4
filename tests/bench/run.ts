// npm run bench: every figure beside what it is measured against, from one run.

import { cpus, loadavg, totalmem } from 'node:os';
import { measureDeliveries } from './deliveries.ts';
import { measureDom } from './dom.ts';
import { load, residentMb, startHoldfast, startSink, type BenchHoldfast } from './processes.ts';
import { SECRET } from './stripe-body.ts';

const QUICK = process.argv.includes('--quick');
const BURST_SECONDS = QUICK ? 9 : 30;
const STEP_SECONDS = QUICK ? 4 : 10;
const CONNECTIONS = 64;
const RATES = [1000, 2000, 3000, 4000, 5000, 6000];
/** Deliveries keep up when the oldest that waits at the end of a step is younger than this. */
const KEEPING_UP_SECONDS = 1;
const DRAIN_LIMIT_MS = 180_000;

interface Figure {
  name: string;
  value: number;
  unit: string;
  aim: string;
}
const figures: Figure[] = [];

function report(name: string, value: number, told: { unit: string; aim?: string }): void {
  figures.push({ name, value: Number(value.toPrecision(4)), unit: told.unit, aim: told.aim ?? '' });
  console.error(`  ${name}: ${value.toPrecision(4)} ${told.unit}`);
}

async function drained(holdfast: BenchHoldfast): Promise<number> {
  const started = performance.now();
  for (;;) {
    const [row] = await holdfast.sql<{ waiting: number }[]>`select count(*) as waiting from delivery_queue`;
    if (row?.waiting === 0) return (performance.now() - started) / 1000;
    if (performance.now() - started > DRAIN_LIMIT_MS)
      throw new Error(`${row?.waiting ?? '?'} deliveries were never run.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function measureBurst(holdfast: BenchHoldfast, order: { path: string; accountId: number }): Promise<void> {
  const sink = await startSink();
  const shared = { connections: CONNECTIONS, rate: null, ...order };
  await load({ ...shared, port: sink.port, seconds: 2 });
  await load({ ...shared, port: holdfast.port, seconds: 3 });
  await drained(holdfast);
  const ratios: number[] = [];
  const acks: number[] = [];
  for (let round = 0; round < 3; round++) {
    const bare = await load({ ...shared, port: sink.port, seconds: BURST_SECONDS / 3 });
    const durable = await load({ ...shared, port: holdfast.port, seconds: BURST_SECONDS / 3 });
    expectOnly200(durable.statuses);
    acks.push(durable.answered / durable.seconds);
    ratios.push(durable.answered / durable.seconds / (bare.answered / bare.seconds));
    report(`drain after burst ${round + 1}`, await drained(holdfast), { unit: 's' });
  }
  await sink.stop();
  report('durable acks in a burst', median(acks), { unit: '/s' });
  report('durable acks over bare node:http', median(ratios), { unit: '×', aim: '≥ 0.20' });
}

async function measureKeepingUp(holdfast: BenchHoldfast, order: { path: string; accountId: number }): Promise<void> {
  let best = 0;
  for (const rate of RATES) {
    const result = await load({ ...order, port: holdfast.port, connections: 128, rate, seconds: STEP_SECONDS });
    const [oldest] = await holdfast.sql<{ seconds: number | null }[]>`
      select extract(epoch from now() - min(due_at))::float8 as seconds from delivery_queue`;
    await drained(holdfast);
    const achieved = result.answered / result.seconds;
    if ((oldest?.seconds ?? 0) > KEEPING_UP_SECONDS || achieved < rate * 0.95) break;
    best = rate;
  }
  report('highest rate at which deliveries keep up', best, { unit: '/s' });
}

async function measureLatency(holdfast: BenchHoldfast, order: { path: string; accountId: number }): Promise<void> {
  const result = await load({ ...order, port: holdfast.port, connections: 128, rate: 1000, seconds: STEP_SECONDS * 2 });
  expectOnly200(result.statuses);
  report('ack at 1,000/s open loop, p50', result.p50, { unit: 'ms', aim: '≤ 5' });
  report('ack at 1,000/s open loop, p99', result.p99, { unit: 'ms', aim: '≤ 25' });
  report('ack at 1,000/s open loop, p99.9', result.p999, { unit: 'ms' });
}

function expectOnly200(statuses: Record<string, number>): void {
  const others = Object.keys(statuses).filter((status) => status !== '200');
  if (others.length > 0) throw new Error(`Answers other than 200: ${JSON.stringify(statuses)}`);
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

async function checkLedger({ sql }: BenchHoldfast): Promise<void> {
  const [row] = await sql<{ messages: number; lines: number; balance: number }[]>`
    select (select count(*) from messages) as messages, (select count(*) from ledger_entries) as lines,
           (select sum(balance)::float8 from accounts) as balance`;
  if (!row || row.messages !== row.lines || row.lines !== row.balance) {
    throw new Error(`Messages, ledger lines and balance differ: ${JSON.stringify(row)}`);
  }
  report('messages sent, each with one ledger line', row.lines, { unit: '' });
}

const holdfast = await startHoldfast();
try {
  const account = await holdfast.api('/accounts', { name: 'Bench', currency: 'usd' });
  await holdfast.api('/sources', { slug: 'bench', provider: 'stripe', secrets: [SECRET] });
  const order = { path: '/in/bench', accountId: Number(account['id']) };
  report('resident memory, idle', await residentMb(holdfast.pid), { unit: 'MB' });
  await measureBurst(holdfast, order);
  await measureKeepingUp(holdfast, order);
  await measureLatency(holdfast, order);
  await drained(holdfast);
  report('resident memory after load', await residentMb(holdfast.pid), { unit: 'MB' });
  await checkLedger(holdfast);
  const { accountId } = order;
  const waiting = QUICK ? 3000 : 20_000;
  for (const { name, value, ...told } of await measureDeliveries({
    holdfast,
    accountId,
    waiting,
    seconds: STEP_SECONDS
  }))
    report(name, value, told);
  for (const { name, value, aim } of await measureDom(holdfast, order)) report(name, value, { unit: 'ms', aim });
} finally {
  await holdfast.stop();
}
const machine = `${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, load ${loadavg()[0]?.toFixed(1) ?? '?'}`;
console.log(JSON.stringify({ machine, node: process.version, date: new Date().toISOString(), figures }));
console.table(Object.fromEntries(figures.map(({ name, ...rest }) => [name, rest])));
