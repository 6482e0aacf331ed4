// POST → another browser's DOM: an open inbox, 50 messages a second, the time from sending to the row being there.

import { request } from 'node:http';
import { chromium } from 'playwright';
import { findBrowser } from '../browser.mjs';
import type { BenchHoldfast } from './processes.ts';
import { signedPost } from './stripe-body.ts';

// Above 20 a second an open inbox only counts (new rows would move what is being read).
const RATE = 15;
const SECONDS = 10;
const WARM_UP = 50;

export interface DomFigure {
  name: string;
  value: number;
  aim: string;
}

/** Milliseconds; both clocks are this machine's. */
export async function measureDom(
  holdfast: BenchHoldfast,
  order: { path: string; accountId: number }
): Promise<DomFigure[]> {
  const base = `http://127.0.0.1:${holdfast.port}`;
  const browser = await chromium.launch({
    executablePath: findBrowser(process.execPath),
    args: ['--no-sandbox', '--disable-gpu']
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${base}/login`);
    await page.getByLabel('Email').fill('bench@example.com');
    await page.getByLabel('Password').fill('bench password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/inbox**');
    await page.getByText('Live', { exact: true }).first().waitFor();
    await page.evaluate(watchRows);
    const sent = await sendAll(base, order);
    // The last row, seen or given up on.
    await page
      .waitForFunction((id) => id in Reflect.get(globalThis, 'seenAt'), [...sent.keys()].at(-1) ?? '', {
        timeout: 5000
      })
      .catch(() => {});
    const seen = new Map(
      await page.evaluate(() => Object.entries(Reflect.get(globalThis, 'seenAt') as Record<string, number>))
    );
    const delays = [...sent].slice(WARM_UP).flatMap(([id, at]) => {
      const seenAt = seen.get(id);
      return seenAt === undefined ? [] : [seenAt - at];
    });
    const sorted = delays.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
    return [
      { name: `POST → DOM at ${RATE}/s, p50 of ${sorted.length}`, value: at(0.5), aim: '≤ 15' },
      { name: `POST → DOM at ${RATE}/s, p99`, value: at(0.99), aim: '≤ 60' }
    ];
  } finally {
    await browser.close();
  }
}

/** In the page: notes when a link to a message first stands in the document. */
function watchRows(): void {
  const seenAt: Record<string, number> = {};
  Reflect.set(globalThis, 'seenAt', seenAt);
  const note = (): void => {
    const now = performance.timeOrigin + performance.now();
    for (const link of document.querySelectorAll<HTMLAnchorElement>('a[href*="/inbox/"]')) {
      const id = /inbox\/([0-9a-f-]{36})/.exec(link.href)?.[1];
      if (id !== undefined) seenAt[id] ??= now;
    }
  };
  new MutationObserver(note).observe(document.body, { childList: true, subtree: true, attributes: true });
}

async function sendAll(base: string, order: { path: string; accountId: number }): Promise<Map<string, number>> {
  const sent = new Map<string, number>();
  const pending: Promise<void>[] = [];
  for (let n = 0; n < RATE * SECONDS; n++) {
    const wire = signedPost(order.path, `dom${Date.now().toString(36)}${n}`, order.accountId).toString();
    pending.push(post(base, wire).then(({ id, at }) => void sent.set(id, at)));
    await new Promise((resolve) => setTimeout(resolve, 1000 / RATE));
  }
  await Promise.all(pending);
  return sent;
}

function post(base: string, wire: string): Promise<{ id: string; at: number }> {
  const [head = '', body = ''] = wire.split('\r\n\r\n');
  const [line = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((text): [string, string] => [text.slice(0, text.indexOf(': ')), text.slice(text.indexOf(': ') + 2)])
  );
  const at = performance.timeOrigin + performance.now();
  return new Promise((resolve, reject) => {
    const sending = request(base + (line.split(' ')[1] ?? ''), { method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('end', () => resolve({ id: (JSON.parse(text) as { id: string }).id, at }));
    });
    sending.on('error', reject);
    sending.end(body);
  });
}
