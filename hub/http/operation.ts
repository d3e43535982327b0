import type { z } from 'zod';
import { parseBody, parseQuery } from './api/read';
import type { Exchange, Reply } from './exchange';
import type { HubRoute } from './routes';

/** Chapters of the API's description, in its order. */
export const TAGS = ['Hub', 'Users', 'Servers', 'Volumes', 'Tokens', 'Groups', 'Services', 'Shares', 'Sign-in', 'Operation'] as const;

/**
 * A sentence: for a success, an empty body; for a failure, the error model. Else what comes back, JSON unless `type` says otherwise; `orType`
 * is what it comes as when the query asks for that.
 */
export type Answer = string | { readonly description: string; readonly model?: z.ZodType; readonly type?: string; readonly orType?: string };

/** What the description of the API says about one row, and what its handler is given: there is no second copy of a schema. */
export interface OperationDoc {
  /** Unique; what generated clients call it. */
  readonly id: string;
  readonly tag: (typeof TAGS)[number];
  /** One line without a full stop. */
  readonly summary: string;
  readonly description?: string;
  readonly body?: z.ZodType;
  /** Absent: required when nothing is not an acceptable body. */
  readonly bodyRequired?: boolean;
  /** Absent: JSON. */
  readonly bodyType?: string;
  /** An object of optional fields. */
  readonly query?: z.ZodObject;
  /** By status. What any operation can answer (no credential, a body that is not understood, too many requests) is added when the description is made. */
  readonly answers: Readonly<Record<number, Answer>>;
}

/** What a handler reads of its request, by the schemas of its own row. */
export interface Given<B extends z.ZodType = z.ZodUndefined, Q extends z.ZodType = z.ZodUndefined> {
  /** Read when it is asked for, so that who may not act is told so first. Throws `invalid-input`; with `refusal`, in these words. */
  readonly body: (refusal?: string) => z.output<B>;
  /** Throws `invalid-input`. */
  readonly query: () => z.output<Q>;
}

interface OperationRow<B extends z.ZodType, Q extends z.ZodType> extends Omit<HubRoute, 'kind' | 'handle' | 'doc'> {
  readonly doc: Omit<OperationDoc, 'body' | 'query'> & (z.ZodUndefined extends B ? { readonly body?: never } : { readonly body: B }) & (z.ZodUndefined extends Q ? { readonly query?: never } : { readonly query: Q });
  readonly handle: (x: Exchange, given: Given<B, Q>) => Reply | Promise<Reply>;
}

/** A row of the API: its description, and a handler that reads the request by that same description. */
export function operation<B extends z.ZodType = z.ZodUndefined, Q extends z.ZodType = z.ZodUndefined>({ handle, ...row }: OperationRow<B, Q>): HubRoute {
  const doc: OperationDoc = row.doc as OperationDoc;
  const given = (x: Exchange): Given<B, Q> => ({
    body: (refusal) => (doc.body === undefined ? undefined : parseBody(doc.body, x.json, refusal)) as z.output<B>,
    query: () => (doc.query === undefined ? undefined : parseQuery(doc.query, x.query)) as z.output<Q>,
  });
  return { ...row, doc, kind: 'api', handle: (x) => handle(x, given(x)) };
}
