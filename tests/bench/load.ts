// The load: raw keep-alive sockets, one request in flight on each. Run as a process of its own; reads one Order as its
// argument and prints one Result. Closed loop without a rate, open loop with one (latency then counts from the time a
// request was due, so that a stall is not hidden).

import { connect, type Socket } from 'node:net';
import { signedPost } from './stripe-body.ts';

export interface Order {
  port: number;
  path: string;
  seconds: number;
  connections: number;
  /** Requests a second; null: as fast as they are answered. */
  rate: number | null;
  accountId: number;
}

export interface Result {
  answered: number;
  /** By status code. */
  statuses: Record<string, number>;
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  p999: number;
  max: number;
}

interface Lane {
  socket: Socket;
  busy: boolean;
  due: number;
  buffered: string;
  /** The server closes a connection on which nothing was ever asked (408). */
  closed: boolean;
}

async function run(order: Order): Promise<Result> {
  const run = `${Date.now().toString(36)}${process.pid.toString(36)}`;
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const backlog: number[] = [];
  const lanes = await Promise.all(Array.from({ length: order.connections }, () => open(order.port)));
  const started = performance.now();
  const end = started + order.seconds * 1000;
  let serial = 0;

  const fire = (lane: Lane, due: number): void => {
    lane.busy = true;
    lane.due = due;
    lane.socket.write(signedPost(order.path, `${run}${serial++}`, order.accountId));
  };
  const next = (lane: Lane): void => {
    lane.busy = false;
    const due = order.rate === null ? performance.now() : backlog.shift();
    if (due !== undefined && due < end && performance.now() < end + 5000) fire(lane, due);
  };
  const answered = (lane: Lane, status: string): void => {
    latencies.push(performance.now() - lane.due);
    statuses[status] = (statuses[status] ?? 0) + 1;
    next(lane);
  };
  for (const lane of lanes) readAnswers(lane, (status) => answered(lane, status));
  if (order.rate === null) for (const lane of lanes) fire(lane, performance.now());
  else
    await pace(order.rate, { started, end }, (due) => {
      const free = lanes.find((lane) => !lane.busy && !lane.closed);
      if (free) fire(free, due);
      else backlog.push(due);
    });
  await allIdle(lanes, end + 10_000);
  const seconds = (performance.now() - started) / 1000;
  for (const lane of lanes) lane.socket.destroy();
  return { answered: latencies.length, statuses, seconds, ...percentiles(latencies) };
}

function open(port: number): Promise<Lane> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve({ socket, busy: false, due: 0, buffered: '', closed: false }));
    socket.once('error', reject);
  });
}

function readAnswers(lane: Lane, answered: (status: string) => void): void {
  lane.socket.on('data', (data: Buffer) => {
    if (!lane.busy) {
      lane.closed = true;
      return;
    }
    lane.buffered += data.toString('latin1');
    const headEnd = lane.buffered.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(lane.buffered)?.[1] ?? 0);
    if (lane.buffered.length < headEnd + 4 + length) return;
    const status = lane.buffered.slice(9, 12);
    lane.buffered = '';
    answered(status);
  });
  lane.socket.on('error', () => (lane.busy = false));
}

/** Calls `due` with each request's own time, in bursts of at most a few milliseconds. */
async function pace(rate: number, span: { started: number; end: number }, due: (at: number) => void): Promise<void> {
  let sent = 0;
  while (performance.now() < span.end) {
    const wanted = Math.floor(((performance.now() - span.started) / 1000) * rate);
    for (; sent < wanted; sent++) due(span.started + (sent / rate) * 1000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function allIdle(lanes: Lane[], until: number): Promise<void> {
  while (lanes.some((lane) => lane.busy) && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function percentiles(latencies: number[]): Pick<Result, 'p50' | 'p99' | 'p999' | 'max'> {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

const order = process.argv[2];
if (order !== undefined) console.log(JSON.stringify(await run(JSON.parse(order) as Order)));
