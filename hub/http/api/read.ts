import type { z } from 'zod';
import { HubError } from '../../domain/errors';
import { headerOf, type Exchange } from '../exchange';
import type { Kit } from '../kit';

/**
 * A body as its schema says. Unknown keys are refused by name, in JupyterHub's words, so that a wrong spelling is not mistaken
 * for a wish that was granted (D07).
 */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const unknown = result.error.issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown !== undefined && unknown.path.length === 0) throw new HubError('invalid-input', `Invalid JSON keys: ${unknown.keys.slice(0, MOST).map((key) => key.slice(0, LONGEST)).join(', ')}`);
  const first = result.error.issues[0];
  throw new HubError('invalid-input', `${first === undefined || first.path.length === 0 ? 'body' : first.path.map(String).join('.').slice(0, LONGEST)}: ${first?.message ?? 'not understood'}`);
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

/** JupyterHub's rules: absolute values, at most 200, the envelope only for exactly its media type (protocol, 3.2). */
export function parsePage(query: URLSearchParams, accept: string | undefined): Page {
  const enveloped = (accept ?? '').toLowerCase().split(',').some((type) => type.trim() === ENVELOPE);
  const number = (name: string, fallback: number): number => {
    const text = query.get(name);
    if (text === null) return fallback;
    if (!/^[+-]?\d{1,15}$/.test(text)) throw new HubError('invalid-input', 'Invalid argument type, offset and limit must be integers');
    return Math.abs(Number(text));
  };
  const offset = Math.min(number('offset', 0), MAX_OFFSET);
  const limit = Math.min(Math.max(number('limit', enveloped ? DEFAULT_PAGE : MAX_PAGE), 1), MAX_PAGE);
  return { offset, limit, enveloped };
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

/** A list as the caller wants it. */
export function paged<T>(items: readonly T[], { total, page, self, shape = (list) => list }: Paged<T>): unknown {
  if (!page.enveloped) return shape(items);
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
