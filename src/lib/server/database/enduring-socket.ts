// A socket that dies slowly, for postgres.js.
//
// postgres.js 3.4.9 forgets a socket when it closes. What is still sent over that connection then (the rollback of the
// transaction that was cut, a query of a connection that was released dead) throws where nobody can catch it, and the
// process is gone (porsager/postgres#1208); or it runs in the transaction of the connection's next user (#1216). So the
// close is told only when everyone has heard of the error and sends nothing more; what is sent until then is told the
// error too. This covers transactions and reserved connections that wait for nothing but their own queries.

import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** An answer to an error (a rollback) is sent within one. */
const QUIET_TURNS = 3;

/** As much of a socket as postgres.js uses, with the events data, drain, error and close. */
export interface EnduringSocket extends EventEmitter {
  readyState: 'opening' | 'open' | 'closed';
  write(chunk: Buffer, done?: () => void): boolean;
  end(chunk: Buffer): void;
  destroy(error?: Error): void;
  setKeepAlive(on: boolean, delayMs: number): void;
  /** Given up, if nothing has come since then (performance.now()). */
  suspect(since: number): void;
}

export interface AnswerWatch {
  /** How long something sent may stay without any answer. */
  withinMs: number;
  /** It was asked at `askedAt` (performance.now()) and never answered. */
  onSilence(askedAt: number): void;
}

/** What it is told of the socket inside. */
interface Inside {
  begin(socket: Socket): void;
  fail(error: Error): void;
}

/**
 * @param raw the socket as it was connected
 * @param ready what is to be written to: the same, or TLS over it. Until then writes wait
 * @param watch null: something sent may stay without any answer as long as it likes
 */
export function enduring(raw: Socket, ready: Promise<Socket>, watch: AnswerWatch | null): EnduringSocket {
  const { outside, inside } = createEnds(raw, watch);
  const gone = (): void => inside.fail(connectionLost('PostgreSQL closed the connection.'));
  const follow = (socket: Socket): Socket => socket.on('error', inside.fail).on('close', gone);
  follow(raw);
  ready.then((socket) => inside.begin(socket === raw ? raw : follow(socket)), inside.fail);
  return outside;
}

/** As postgres.js says it, so that it is known for what it is. */
export function connectionLost(message: string): Error {
  return Object.assign(new Error(message), { code: 'CONNECTION_CLOSED' });
}

function createEnds(raw: Socket, watch: AnswerWatch | null): { outside: EnduringSocket; inside: Inside } {
  const early: Buffer[] = [];
  const dying = createDying(() => outside);
  const question = createQuestion(watch, (error) => inside.fail(error));
  let open: Socket | null = null;

  const outside: EnduringSocket = Object.assign(new EventEmitter(), {
    readyState: 'opening' as const,
    write(chunk: Buffer, done?: () => void): boolean {
      if (dying.isDying()) return dying.refuse();
      question.asked();
      if (open) return open.write(chunk, done);
      return early.push(chunk) > 0;
    },
    end(chunk: Buffer): void {
      dying.expected();
      if (open) open.end(chunk);
      else raw.destroy();
    },
    destroy: (error?: Error): void =>
      inside.fail(error ?? connectionLost('The connection to PostgreSQL was given up.')),
    setKeepAlive: (on: boolean, delayMs: number): void => void raw.setKeepAlive(on, delayMs),
    suspect(since: number): void {
      if (question.heardAt() < since) inside.fail(connectionLost('PostgreSQL is silent on its other connections too.'));
    }
  });

  const inside: Inside = {
    begin(socket) {
      if (dying.isDying()) return void socket.destroy();
      open = socket;
      outside.readyState = 'open';
      socket
        .on('drain', () => outside.emit('drain'))
        .on('data', (data) => {
          question.answered();
          outside.emit('data', data);
        });
      for (const chunk of early.splice(0)) socket.write(chunk);
    },
    fail(error) {
      raw.destroy();
      open?.destroy();
      question.answered();
      dying.begin(error);
    }
  };
  return { outside, inside };
}

/** Something sent and not answered at all: half-open, or a server that hangs. */
function createQuestion(watch: AnswerWatch | null, fail: (error: Error) => void) {
  let timer: NodeJS.Timeout | null = null;
  let heardAt = performance.now();

  function ask({ withinMs, onSilence }: AnswerWatch): NodeJS.Timeout {
    const askedAt = performance.now();
    const giveUp = (): void => {
      fail(connectionLost(`PostgreSQL has not answered for ${withinMs} ms: the connection is given up.`));
      onSilence(askedAt);
    };
    return setTimeout(giveUp, withinMs).unref();
  }

  return {
    heardAt: () => heardAt,
    asked(): void {
      if (watch) timer ??= ask(watch);
    },
    answered(): void {
      heardAt = performance.now();
      if (timer) clearTimeout(timer);
      timer = null;
    }
  };
}

/** From the error to the close. */
function createDying(outside: () => EnduringSocket) {
  let fault: Error | null = null;
  let isExpected = false;
  let sends = 0;

  function tell(): void {
    if (outside().listenerCount('error') > 0) outside().emit('error', fault);
  }

  async function untilQuiet(): Promise<void> {
    for (let before = -1; sends !== before;) {
      before = sends;
      for (let turns = 0; turns < QUIET_TURNS; turns++) await turn();
    }
  }

  return {
    isDying: () => fault !== null,
    /** postgres.js ended it itself: that is no error. */
    expected: () => void (isExpected = true),
    begin(error: Error): void {
      if (fault) return;
      fault = error;
      if (!isExpected) tell();
      void untilQuiet().then(() => {
        outside().readyState = 'closed';
        outside().emit('close', !isExpected);
      });
    },
    /** For what is sent now. */
    refuse(): true {
      sends += 1;
      queueMicrotask(tell);
      return true;
    }
  };
}
