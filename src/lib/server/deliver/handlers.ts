// All handlers of this process: every file in handlers/. Dropping a file there is its registration.

import type { HandlerDefinition } from './handler.ts';

export type AnyHandler = HandlerDefinition<unknown>;

/**
 * Checks what the files export. Pure, so that a wrong file can be shown to fail.
 * @param modules exports by path, as import.meta.glob gives them; a handler's name is its file's
 * @throws {Error} one sentence for the first file that is not a handler: the process must not start without it
 */
export function registerHandlers(modules: Record<string, unknown>): ReadonlyMap<string, AnyHandler> {
  const handlers = new Map<string, AnyHandler>();
  for (const [path, module] of Object.entries(modules)) {
    const name = path.replace(/^.*\//, '').replace(/\.[jt]s$/, '');
    if (handlers.has(name)) {
      throw new Error(`Two handler files are called "${name}", the second is ${path}: rename one of them.`);
    }
    handlers.set(name, handlerOf(path, module));
  }
  return handlers;
}

export const handlers = registerHandlers(import.meta.glob('./handlers/*.ts', { eager: true }));

function handlerOf(path: string, module: unknown): AnyHandler {
  const exported = isObject(module) ? module['default'] : undefined;
  if (isHandler(exported)) return exported;
  throw new Error(
    `${path} is not a handler: ${shapeProblem(exported)}. Its default export must be what defineHandler({…}) returns.`
  );
}

function shapeProblem(exported: unknown): string | null {
  if (!isObject(exported)) return 'it has no default export that is an object';
  const { provider, events, prepare, apply } = exported;
  if (typeof provider !== 'string' || provider === '') return 'its provider is not a text';
  if (!Array.isArray(events) || events.length === 0 || !events.every((event) => typeof event === 'string')) {
    return 'its events are not a list of event types';
  }
  if (typeof apply !== 'function') return 'it has no apply()';
  if (prepare !== undefined && typeof prepare !== 'function') return 'its prepare is not a function';
  return null;
}

function isHandler(exported: unknown): exported is AnyHandler {
  return shapeProblem(exported) === null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
