import { z } from 'zod';
import { HubError } from '../../domain/errors';
import { headerOf, type Exchange } from '../exchange';
import type { Kit } from '../kit';

/**
 * A body as its schema says. Unknown keys are refused by name, in JupyterHub's words, so that a wrong spelling is not mistaken
 * for a wish that was granted (D07). `refusal`: what to say whatever is wrong.
 */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown, refusal?: string): z.output<T> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const unknown = result.error.issues.find((issue) => issue.code === 'unrecognized_keys');
  if (refusal === undefined && unknown !== undefined && unknown.path.length === 0) throw new HubError('invalid-input', `Invalid JSON keys: ${unknown.keys.slice(0, MOST).map((key) => key.slice(0, LONGEST)).join(', ')}`);
  throw new HubError('invalid-input', refusal ?? sentenceOf(result.error.issues[0]));
}

/** Rules of our own say a whole sentence; what zod says needs the name of the field. */
function sentenceOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'custom') return issue.message;
  return `${issue === undefined || issue.path.length === 0 ? 'body' : issue.path.map(String).join('.').slice(0, LONGEST)}: ${issue?.message.slice(0, MOST * LONGEST) ?? 'not understood'}`;
}

/** Of a parameter that comes twice the first one counts, and unknown ones are passed over, as JupyterHub does. Schemas of queries say whole sentences. */
export function parseQuery<T extends z.ZodType>(schema: T, query: URLSearchParams): z.output<T> {
  const result = schema.safeParse(Object.fromEntries([...query].reverse()));
  if (result.success) return result.data;
  throw new HubError('invalid-input', result.error.issues[0]?.message ?? 'The query is not understood.');
}

const MOST = 5;
const LONGEST = 64;

export interface Page {
  readonly offset: number;
  readonly limit: number;
  /** The caller asked for the envelope. */
  readonly enveloped: boolean;
}

const ENVELOPE = 'application/jupyterhub-pagination+json';
const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;
/** More than any hub has; larger numbers would not survive the way to the database. */
const MAX_OFFSET = 2 ** 31;

const count = (): z.ZodType<number> => z.preprocess((text) => (typeof text === 'string' && /^[+-]?\d+$/.test(text) ? Math.min(Math.abs(Number(text)), MAX_OFFSET) : text), z.int('Invalid argument type, offset and limit must be integers'));

/** What every list takes; spread into the query of a list that takes more. */
export const PAGE_FIELDS = {
  offset: count().optional().describe('How many to pass over; 0 unless given.'),
  limit: count().optional().describe(`How many at most, up to ${MAX_PAGE}; ${DEFAULT_PAGE} with the envelope, else ${MAX_PAGE}.`),
};
export const PageQuery = z.object(PAGE_FIELDS);

/** The body of an act about which there is nothing to say: an absent one, or an empty object. */
export const Nothing = z.strictObject({}).describe('Nothing, or an empty object.');

/** JupyterHub's rules: absolute values, at most 200, the envelope only for exactly its media type (protocol, 3.2). */
export function pageOf(query: z.output<typeof PageQuery>, x: Pick<Exchange, 'req'>): Page {
  const enveloped = (headerOf(x, 'accept') ?? '').toLowerCase().split(',').some((type) => type.trim() === ENVELOPE);
  return { offset: query.offset ?? 0, limit: Math.min(Math.max(query.limit ?? (enveloped ? DEFAULT_PAGE : MAX_PAGE), 1), MAX_PAGE), enveloped };
}

interface Paged<T> {
  /** All there are, on every page. */
  readonly total: number;
  readonly page: Page;
  /** The address of this request, absolute and reachable by the caller. */
  readonly self: URL;
  /** Absent: as it is, an array. */
  readonly shape?: (items: readonly T[]) => unknown;
}

/** A list as the caller wants it. What only the envelope says is read only then. */
export function paged<T>(items: readonly T[], paging: Paged<T>): unknown {
  const { page, shape = (list) => list } = paging;
  if (!page.enveloped) return shape(items);
  const { total, self } = paging;
  const { offset, limit } = page;
  return { items: shape(items), _pagination: { offset, limit, total, next: offset + limit < total ? nextOf(offset + limit, limit, self) : null } };
}

function nextOf(offset: number, limit: number, self: URL): unknown {
  const url = new URL(self);
  url.searchParams.set('offset', String(offset));
  url.searchParams.set('limit', String(limit));
  return { offset, limit, url: url.href };
}

/** Built from the caller's own `Host` where that is one of ours: the address that works for the caller (protocol, trap 8; F10). */
export function selfUrl({ deps }: Kit, x: Exchange): URL {
  const asked = `${x.ctx.scheme}://${headerOf(x, 'host') ?? ''}`;
  const origin = deps.settings.acceptedOrigins.includes(asked) ? asked : deps.settings.publicUrl.origin;
  return new URL(`${origin}${deps.urls.base}${x.ctx.path.slice(1)}${x.search}`);
}
