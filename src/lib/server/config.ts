// The only reader of the environment. Everything is read here, once, and all problems are reported together.

import { resolve } from 'node:path';
import * as v from 'valibot';
import ipaddr from 'ipaddr.js';

const MAX_BODY_LIMIT_BYTES = 256 * 1024 * 1024;
const ROLES = ['door', 'worker', 'web'] as const;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type Role = (typeof ROLES)[number];

/** What the environment says, checked. Sizes in bytes, URLs parsed, paths absolute. */
export interface Config {
  host: string;
  port: number;
  publicUrl: URL | null;
  /** null: embedded PostgreSQL under dataDirectory. */
  databaseUrl: string | null;
  databaseListenUrl: string | null;
  dataDirectory: string;
  /** null: made and kept under dataDirectory. */
  secretKey: string | null;
  adminEmail: string | null;
  adminPassword: string | null;
  apiKey: string | null;
  retentionDays: number;
  maxBodyBytes: number;
  logLevel: (typeof LOG_LEVELS)[number];
  allowPrivateDestinations: string[];
  trustedProxies: string[];
  roles: Role[];
}

/** All that is wrong with the environment, one sentence a problem. */
export class ConfigError extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const integer = (name: string, min: number, max: number) =>
  v.pipe(
    v.string(),
    v.check(
      (text) => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max,
      (issue) => `${name} is "${issue.input}": a whole number from ${min} to ${max} is needed.`
    ),
    v.transform(Number)
  );

const url = (name: string, protocols: string[]) =>
  v.pipe(
    v.string(),
    v.check(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      // Database URLs hold passwords: the value is not repeated.
      `${name} is not a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}.`
    )
  );

const cidrs = (name: string) =>
  v.pipe(
    v.string(),
    v.transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean)
    ),
    v.check(
      (parts) => parts.every((part) => ipaddr.isValidCIDR(part)),
      (issue) => `${name} has a part that is not a CIDR range such as 10.0.0.0/8: "${issue.input.join(', ')}".`
    )
  );

const choice = <T extends string>(name: string, options: readonly T[]) =>
  v.picklist(options, (issue) => `${name} is ${issue.received}: one of ${options.join(', ')} is needed.`);

const roles = v.pipe(
  v.string(),
  v.transform((text) => text.split(',').map((part) => part.trim())),
  v.array(choice('ROLES', ROLES)),
  v.minLength(1)
);

const schema = v.object({
  HOST: v.optional(v.pipe(v.string(), v.nonEmpty('HOST is empty.')), '127.0.0.1'),
  PORT: v.optional(integer('PORT', 0, 65535), '3000'),
  PUBLIC_URL: v.optional(
    v.pipe(
      url('PUBLIC_URL', ['http:', 'https:']),
      v.transform((text) => new URL(text)),
      v.check((u) => u.pathname === '/' && !u.search && !u.hash, 'PUBLIC_URL must have no path, query or fragment.')
    )
  ),
  DATABASE_URL: v.optional(url('DATABASE_URL', ['postgres:', 'postgresql:'])),
  DATABASE_LISTEN_URL: v.optional(url('DATABASE_LISTEN_URL', ['postgres:', 'postgresql:'])),
  DATA_DIR: v.optional(v.pipe(v.string(), v.nonEmpty('DATA_DIR is empty.')), './data'),
  SECRET_KEY: v.optional(
    v.pipe(v.string(), v.minLength(16, 'SECRET_KEY is shorter than 16 characters: use 32 random bytes as hex.'))
  ),
  ADMIN_EMAIL: v.optional(
    v.pipe(
      v.string(),
      v.email((issue) => `ADMIN_EMAIL "${issue.input}" is not an email address.`)
    )
  ),
  ADMIN_PASSWORD: v.optional(
    v.pipe(
      v.string(),
      v.minLength(8, 'ADMIN_PASSWORD is shorter than 8 characters.'),
      v.maxLength(200, 'ADMIN_PASSWORD is longer than 200 characters.')
    )
  ),
  API_KEY: v.optional(
    v.pipe(
      v.string(),
      v.minLength(8, 'API_KEY is shorter than 8 characters: use 32 random bytes as hex.'),
      v.regex(/^\S*$/, 'API_KEY has white space in it, which no Authorization header can carry.')
    )
  ),
  RETENTION_DAYS: v.optional(integer('RETENTION_DAYS', 1, 3650), '7'),
  MAX_BODY_BYTES: v.optional(integer('MAX_BODY_BYTES', 1, MAX_BODY_LIMIT_BYTES), '26214400'),
  LOG_LEVEL: v.optional(choice('LOG_LEVEL', LOG_LEVELS), 'info'),
  ALLOW_PRIVATE_DESTINATIONS: v.optional(cidrs('ALLOW_PRIVATE_DESTINATIONS'), ''),
  TRUSTED_PROXIES: v.optional(cidrs('TRUSTED_PROXIES'), ''),
  ROLES: v.optional(roles, 'door,worker,web')
});

/**
 * Reads and checks the environment.
 * @param environment variables by name; an empty value counts as unset
 * @throws {ConfigError} with every problem at once
 */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== '')
  );
  const result = v.safeParse(schema, present);
  const problems = result.success ? [] : result.issues.map((issue) => issue.message);
  problems.push(...pairProblems(present));
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  return toConfig(result.output);
}

function toConfig(env: v.InferOutput<typeof schema>): Config {
  const orNull = <T>(value: T | undefined): T | null => value ?? null;
  return {
    host: env.HOST,
    port: env.PORT,
    publicUrl: orNull(env.PUBLIC_URL),
    databaseUrl: orNull(env.DATABASE_URL),
    databaseListenUrl: orNull(env.DATABASE_LISTEN_URL),
    dataDirectory: resolve(env.DATA_DIR),
    secretKey: orNull(env.SECRET_KEY),
    adminEmail: orNull(env.ADMIN_EMAIL?.toLowerCase()),
    adminPassword: orNull(env.ADMIN_PASSWORD),
    apiKey: orNull(env.API_KEY),
    retentionDays: env.RETENTION_DAYS,
    maxBodyBytes: env.MAX_BODY_BYTES,
    logLevel: env.LOG_LEVEL,
    allowPrivateDestinations: env.ALLOW_PRIVATE_DESTINATIONS,
    trustedProxies: env.TRUSTED_PROXIES,
    roles: [...new Set(env.ROLES)]
  };
}

/** Variables that need each other. */
function pairProblems(present: Record<string, string | undefined>): string[] {
  const problems: string[] = [];
  if (present['DATABASE_URL'] && !present['SECRET_KEY']) {
    problems.push('DATABASE_URL is set without SECRET_KEY: set SECRET_KEY to 32 random bytes as hex, and keep it.');
  }
  if (Boolean(present['ADMIN_EMAIL']) !== Boolean(present['ADMIN_PASSWORD'])) {
    problems.push('ADMIN_EMAIL and ADMIN_PASSWORD belong together: set both or neither.');
  }
  return problems;
}

/** The configuration of this process. */
export function readConfig(): Config {
  return parseConfig(process.env);
}
