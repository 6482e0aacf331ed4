// One operation of the API: what it takes, who may, what it answers. The same schemas check requests and make the
// OpenAPI document, and the permission is a required part, so that no route can forget its check.

import * as v from 'valibot';
import { audit, type Change } from '#lib/server/auth/audit.ts';
import type { Permission, Principal } from '#lib/server/auth/principal.ts';
import { sentenceOf } from './issues.ts';
import type { ApiParts } from './parts.ts';
import { invalid, notFound, type Reply } from './reply.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** `public`: anybody. `account`: who may read, and the customer whose account it is. */
export type OperationPermission = Permission | 'public' | 'account';

/** A request, as HTTP as an operation has to know. */
export interface ApiRequest {
  parts: ApiParts;
  principal: Principal | null;
  /** Of this server, as the client knows it: `https://hooks.example.org`. */
  origin: string;
  params: Record<string, string | undefined>;
  query: URLSearchParams;
  /** JSON.parse of the body; `{}` for an empty one. */
  body: unknown;
}

/** What an operation's handler gets: everything checked. */
export interface Call<Params, Query, Body> extends Omit<ApiRequest, 'params' | 'query' | 'body'> {
  params: Params;
  query: Query;
  body: Body;
  /** Writes the audit line of a change that was made. */
  audit(change: Omit<Change, 'actor'>): Promise<void>;
}

export interface ReplyDescription {
  description: string;
  /** Of the JSON body; none: there is no body, or not JSON. */
  schema?: v.GenericSchema;
  contentType?: string;
}

/** What the OpenAPI document says of an operation. */
export interface OperationDescription {
  method: Method;
  /** Below /api/v1, with parameters in braces: `/sources/{id}`. */
  path: string;
  summary: string;
  description?: string;
  /** The resource it belongs to. */
  tag: string;
  permission: OperationPermission;
  params: v.GenericSchema;
  query: v.GenericSchema;
  body: v.GenericSchema;
  replies: Record<number, ReplyDescription>;
}

export interface Operation extends OperationDescription {
  /** Checks the request and does it. The permission has been checked before: see serve.ts. */
  run(request: ApiRequest): Promise<Reply>;
}

/** For what an operation does not take. */
const none = v.object({});
/** Spread into an operation; what it does take comes after. */
export const takesNothing = { params: none, query: none, body: none };

interface Spec<
  Params extends v.GenericSchema,
  Query extends v.GenericSchema,
  Body extends v.GenericSchema
> extends OperationDescription {
  params: Params;
  query: Query;
  body: Body;
  handle(call: Call<v.InferOutput<Params>, v.InferOutput<Query>, v.InferOutput<Body>>): Promise<Reply>;
}

/** Defines an operation. */
export function operation<Params extends v.GenericSchema, Query extends v.GenericSchema, Body extends v.GenericSchema>(
  spec: Spec<Params, Query, Body>
): Operation {
  const { handle, ...description } = spec;
  return {
    ...description,
    async run(request) {
      const params = v.safeParse(spec.params, request.params);
      if (!params.success) return notFound(`${spec.tag} ${JSON.stringify(Object.values(request.params).join('/'))}`);
      const query = v.safeParse(spec.query, Object.fromEntries(given(request.query)));
      const body = v.safeParse(spec.body, takesBody(spec) ? request.body : {});
      if (!query.success || !body.success) {
        return invalid([...(query.issues ?? []), ...(body.issues ?? [])].map(sentenceOf));
      }
      return handle({
        ...request,
        params: params.output,
        query: query.output,
        body: body.output,
        audit: (change) => audit(request.parts.database, { ...change, actor: request.principal ?? 'system' })
      });
    }
  };
}

export const takesBody = (description: OperationDescription) => description.body !== none;
export const takesQuery = (description: OperationDescription) => description.query !== none;

/** An empty parameter counts as not given: forms send them. */
function given(query: URLSearchParams): [string, string][] {
  return [...query].filter(([, value]) => value !== '');
}
