// The process that fills the demo, beside the server: node main.ts <url>, with the API key on its standard input.
// Something new happens every second or two until it is stopped.

import { randomInt } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fill, untilReady } from './fill.ts';
import { startReceiver } from './receiver.ts';

const READY_WITHIN_MS = 120_000;
const BETWEEN_STEPS_MS = 2000;

async function main(): Promise<void> {
  const server = { url: process.argv[2] ?? '', apiKey: (await text(process.stdin)).trim() };
  const receiver = await startReceiver();
  process.once('SIGTERM', () => process.exit(0));
  await untilReady(server, READY_WITHIN_MS);
  const story = await fill(server, receiver.url);
  process.stdout.write('The demo is filled. Something new happens every other second; Ctrl-C ends it.\n');
  for (;;) {
    await delay(randomInt(BETWEEN_STEPS_MS / 2, BETWEEN_STEPS_MS));
    // The server may be stopping, or be away for a moment: the next step is tried all the same.
    await story.step().catch(() => {});
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`The demo could not be filled. ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
