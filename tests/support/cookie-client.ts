import { request, type Dispatcher } from 'undici';

/** A program with a cookie jar, as aiohttp's or curl's: each cookie goes to its own path and below, redirects are followed, and no `Sec-Fetch-*` is sent. */
export interface CookieClient {
  /** `path` with its query, from the root. `redirects: false`: the first answer is the answer. */
  ask(method: string, path: string, more?: CookieAsk): Promise<CookieAnswer>;
  /** The value that a request to that path would carry. */
  cookie(name: string, path: string): string | undefined;
  /** What such a request carries altogether. */
  cookieHeader(path: string): string;
}

export interface CookieAsk {
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly redirects?: boolean;
}

export interface CookieAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Path of the last request. */
  readonly path: string;
  /** Paths that redirects led to, in order. */
  readonly way: readonly string[];
}

interface Kept { readonly name: string; readonly value: string; readonly path: string }

const MOST_REDIRECTS = 10;

/** `origin` is the only host it knows; a redirect elsewhere is an error. `given`: cookies of the whole host that it has from the beginning. */
export function createCookieClient(origin: string, given: Readonly<Record<string, string>> = {}): CookieClient {
  const jar = new Map<string, Kept>(Object.entries(given).map(([name, value]) => [`/ ${name}`, { name, value, path: '/' }]));
  const below = (path: string, cookie: string): boolean => path === cookie || path.startsWith(cookie.endsWith('/') ? cookie : `${cookie}/`);
  // The closest path first, as RFC 6265 orders them.
  const sentTo = (path: string): readonly Kept[] => [...jar.values()].filter((kept) => below(path, kept.path)).sort((a, b) => b.path.length - a.path.length);
  const cookieHeader = (path: string): string => sentTo(path).map(({ name, value }) => `${name}=${value}`).join('; ');

  const keep = (line: string, asked: string): void => {
    const [pair = '', ...attributes] = line.split(/; */);
    const at = pair.indexOf('=');
    const said = (wanted: string): string | undefined => attributes.find((attribute) => attribute.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const kept = { name: pair.slice(0, at), value: pair.slice(at + 1), path: said('path') ?? asked.slice(0, Math.max(1, asked.lastIndexOf('/'))) };
    const over = said('max-age') === '0' || Date.parse(said('expires') ?? '') < Date.now();
    if (over) jar.delete(`${kept.path} ${kept.name}`);
    else jar.set(`${kept.path} ${kept.name}`, kept);
  };

  const once = async (method: string, url: URL, { headers = {}, form, json }: CookieAsk): Promise<Dispatcher.ResponseData> => {
    const body = form !== undefined ? new URLSearchParams(form).toString() : json === undefined ? null : JSON.stringify(json);
    const cookies = cookieHeader(url.pathname);
    const type = body === null ? {} : { 'Content-Type': form === undefined ? 'application/json' : 'application/x-www-form-urlencoded' };
    const res = await request(url, { method: method as Dispatcher.HttpMethod, headers: { ...headers, ...type, ...(cookies === '' ? {} : { Cookie: cookies }) }, body });
    for (const line of [res.headers['set-cookie'] ?? []].flat()) keep(line, url.pathname);
    return res;
  };

  return {
    cookieHeader,
    cookie: (name, path) => sentTo(path).find((kept) => kept.name === name)?.value,
    async ask(method, path, more = {}) {
      const way: string[] = [];
      let url = new URL(path, origin);
      let res = await once(method, url, more);
      while ((more.redirects ?? true) && res.statusCode >= 301 && res.statusCode <= 303 && way.length < MOST_REDIRECTS) {
        await res.body.dump();
        url = new URL(String(res.headers['location']), url);
        if (url.origin !== origin) throw new Error(`led away to ${url.href}`);
        way.push(url.pathname);
        res = await once('GET', url, { headers: more.headers ?? {} });
      }
      return { status: res.statusCode, headers: res.headers, text: await res.body.text(), path: url.pathname, way };
    },
  };
}
