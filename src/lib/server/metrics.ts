// What /metrics says: is anything stuck? Counters by the way of a message, gauges read when asked.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';

const ACK_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_BUCKETS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

export interface MetricSources {
  /** Messages and bytes waiting to be written, deliveries in hand, open streams. */
  logLoad(): { entries: number; bytes: number };
  held(): number;
  streams(): number;
}

/** Makes the registry of this process. */
export function createMetrics(sources: () => MetricSources) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { answers, ack, batch, attempts } = createCounters(registry);
  const gauge = (name: string, help: string, read: (now: MetricSources) => number): Gauge =>
    new Gauge({
      ...{ name, help, registers: [registry] },
      collect() {
        this.set(read(sources()));
      }
    });
  gauge('holdfast_log_waiting_messages', 'Messages that wait for a batch', (now) => now.logLoad().entries);
  gauge('holdfast_log_pending_bytes', 'Bytes that wait to be committed', (now) => now.logLoad().bytes);
  gauge('holdfast_deliveries_held', 'Deliveries in the hands of this process', (now) => now.held());
  gauge('holdfast_live_streams', 'Open live streams', (now) => now.streams());
  return {
    answered(status: number, seconds: number): void {
      answers.inc({ status });
      ack.observe(seconds);
    },
    batched: (messages: number): void => batch.observe(messages),
    attempted: (outcome: string): void => attempts.inc({ outcome }),
    async text(): Promise<{ contentType: string; text: string }> {
      return { contentType: registry.contentType, text: await registry.metrics() };
    }
  };
}

function createCounters(registry: Registry) {
  const registers = [registry];
  return {
    answers: new Counter({
      name: 'holdfast_door_answers_total',
      help: 'Requests at the door, by status code',
      labelNames: ['status'],
      registers
    }),
    ack: new Histogram({
      name: 'holdfast_ack_seconds',
      help: 'Seconds from a request at the door to its answer',
      buckets: ACK_BUCKETS_SECONDS,
      registers
    }),
    batch: new Histogram({
      name: 'holdfast_log_batch_messages',
      help: 'Messages in one committed batch',
      buckets: BATCH_BUCKETS,
      registers
    }),
    attempts: new Counter({
      name: 'holdfast_delivery_attempts_total',
      help: 'Tries of deliveries, by outcome',
      labelNames: ['outcome'],
      registers
    })
  };
}
