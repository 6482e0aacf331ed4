// GitHub as far as one hook goes: it sends signed deliveries, lists them, and sends one again when asked.

import { randomUUID } from 'node:crypto';
import { deliver, jsonAnswer, startProviderServer, type ProviderServer } from './provider-server.ts';
import { signedByGitHub } from './signing.ts';

interface Delivery {
  id: string;
  guid: string;
  delivered_at: string;
  redelivery: boolean;
  duration: number;
  status: string;
  status_code: number;
  event: string;
  action: string | null;
  payload: object;
}

export interface GithubApi extends ProviderServer {
  /** As the option of a source names it. */
  hook: string;
  token: string;
  /** Sends an event. @returns its X-GitHub-Delivery; what came of it is in the list */
  send(event: string, payload: { action?: string }, at?: Date): Promise<string>;
  /** One that was sent long ago, or by a test that does not care how it went: only in the list. */
  list(event: string, at: Date, payload?: object): string;
}

export interface GithubApiOptions {
  /** Where the hook posts to. */
  hookUrl: string;
  secret: string;
  /** Lines of a page, where a test wants several pages of few lines. */
  pageSize?: number;
}

/** Larger than 2^53, where only one id in sixteen is a number of JavaScript. */
const FIRST_ID = 109_948_940_920_135_680n;

export async function startGithubApi({ hookUrl, secret, pageSize = 100 }: GithubApiOptions): Promise<GithubApi> {
  const [hook, token] = ['repos/octocat/hello-world/hooks/42', 'github_pat_for_tests'];
  // Newest first.
  const deliveries: Delivery[] = [];

  function add(delivery: Omit<Delivery, 'id' | 'duration'>): void {
    deliveries.unshift({ id: String(FIRST_ID + BigInt(deliveries.length)), duration: 0.03, ...delivery });
  }

  async function sendOnce(what: Pick<Delivery, 'guid' | 'event' | 'payload' | 'redelivery'>, at: Date): Promise<void> {
    const { guid, event, payload } = what;
    const code = await deliver(hookUrl, await signedByGitHub(payload, secret, { name: event, deliveryId: guid }));
    const status = code === 0 ? 'failed to connect to host' : code < 300 ? 'OK' : 'Invalid HTTP Response';
    const action = 'action' in payload && typeof payload.action === 'string' ? payload.action : null;
    add({ ...what, action, delivered_at: at.toISOString(), status, status_code: code });
  }

  function page(url: URL) {
    const cursor = url.searchParams.get('cursor');
    const from = cursor === null ? 0 : deliveries.findIndex(({ id }) => `v1_${id}` === cursor);
    const size = Math.min(Number(url.searchParams.get('per_page') ?? 30), 100, pageSize);
    const next = deliveries[from + size];
    const link = next && `<${server.url}${url.pathname}?per_page=${size}&cursor=v1_${next.id}>; rel="next"`;
    const lines = deliveries.slice(from, from + size).map(({ payload: _, ...line }) => line);
    const answer = jsonAnswer(lines, 200, link ? { link } : {});
    return { ...answer, text: answer.text.replace(/"id": "(\d+)"/g, '"id": $1') };
  }

  async function again(id: string) {
    const found = deliveries.find((delivery) => delivery.id === id);
    if (!found) return jsonAnswer({ message: 'Not Found' }, 404);
    // GitHub answers at once, and sends later.
    server.later(() => sendOnce({ ...found, redelivery: true }, new Date()));
    return { status: 202, text: '{}' };
  }

  const server = await startProviderServer({
    key: token,
    wrongKey: jsonAnswer({ message: 'Bad credentials' }, 401),
    answer({ method, url }) {
      const id = new RegExp(`^/${hook}/deliveries/(\\d+)/attempts$`).exec(url.pathname)?.[1];
      if (method === 'GET' && url.pathname === `/${hook}/deliveries`) return page(url);
      return method === 'POST' && id !== undefined ? again(id) : jsonAnswer({ message: 'Not Found' }, 404);
    }
  });
  return Object.assign(server, {
    ...{ hook, token },
    async send(event: string, payload: { action?: string }, at = new Date()) {
      const guid = randomUUID();
      await sendOnce({ guid, event, payload, redelivery: false }, at);
      return guid;
    },
    list(event: string, at: Date, payload: object = {}) {
      const guid = randomUUID();
      const [delivered_at, status] = [at.toISOString(), 'timed out'];
      add({ ...{ guid, event, delivered_at, status, action: null }, redelivery: false, status_code: 0, payload });
      return guid;
    }
  });
}
