import { type Config, loadConfig } from '../config';
import { HubError } from '../domain/errors';
import { connectLocal, type LocalClient } from '../local-socket';
import { createUrls, escapeSegment } from '../urls';
import type { Io } from './io';

/** The running hub's API, as the account that runs it. */
export interface HubClient {
  /** `path` below `/hub/api/`, e.g. `users`. */
  request<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** Every page of a list. */
  all<T>(path: string, query?: Readonly<Record<string, string>>): Promise<readonly T[]>;
  /** Server-sent events, until the hub ends them. */
  events<T>(path: string): AsyncIterable<T>;
  download(path: string): ReturnType<LocalClient['download']>;
}

const PAGE = 200;

/** The hub that runs with these settings; undefined: none does. Asked, because a file that a crash left behind proves nothing. */
export async function runningHub({ dataDir }: Pick<Config, 'dataDir'>, timeoutMs = 5_000): Promise<LocalClient | undefined> {
  try {
    await apiOf(connectLocal(dataDir, { timeoutMs: 5_000 })).request('GET', '');
    return connectLocal(dataDir, { timeoutMs });
  } catch (err) {
    if (err instanceof HubError && err.code === 'unavailable') return undefined;
    throw err;
  }
}

/** Its API: `path` below `/hub/api/`. */
export const apiOf = (local: LocalClient) => {
  const { api } = createUrls(new URL(local.info.url).pathname);
  return { request: async <T>(method: string, path: string, body?: unknown): Promise<T> => (await local.request(method, `${api}${path}`, body)) as T };
};

export function hubClient(io: Io): HubClient {
  const local = connectLocal(loadConfig(io.env, io.cwd).config.dataDir);
  const { api } = createUrls(new URL(local.info.url).pathname);
  const { request } = apiOf(local);
  return {
    request,
    events: <T>(path: string) => local.events(`${api}${path}`) as AsyncIterable<T>,
    download: (path) => local.download(`${api}${path}`),
    all: async <T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<readonly T[]> => {
      const more = Object.entries(query).map(([key, value]) => `&${key}=${encodeURIComponent(value)}`).join('');
      const found: T[] = [];
      for (let page: readonly T[] = []; found.length === 0 || page.length === PAGE; found.push(...page)) {
        page = await request<readonly T[]>('GET', `${path}?offset=${found.length}&limit=${PAGE}${more}`);
        if (page.length === 0) break;
      }
      return found;
    },
  };
}

/** `users/<name>[/<rest>]`, escaped as the hub expects it. */
export const userPath = (name: string, rest = ''): string => `users/${escapeSegment(name)}${rest === '' ? '' : `/${rest}`}`;
