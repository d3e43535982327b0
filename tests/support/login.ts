import supertest from 'supertest';
import type { User } from '../../hub/domain/user';
import { cookieNames } from '../../hub/http/cookies';
import type { TestHub } from './start-hub';

/** What a current browser sends with a link that was followed or an address that was typed. */
export const NAVIGATION = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } as const;

type Headers = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, string>>;

/** A browser on one hub: keeps cookies, follows nothing, sends what browsers send. */
export interface Browser {
  readonly cookies: Map<string, string>;
  /** Opens a page; `path` below the base path, without a leading slash. */
  get(path: string, headers?: Headers): supertest.Test;
  /** Sends a form as a person would: from a page of the hub, with that page's token. */
  post(path: string, fields?: Fields, headers?: Headers): Promise<supertest.Response>;
  /** The same without a token or other help, for the tests of what is refused. */
  raw(method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, headers?: Headers): supertest.Test;
  /** The token that forms of this browser echo now. */
  token(): Promise<string>;
  cookieHeader(): string;
}

export function createBrowser(hub: Pick<TestHub, 'origin' | 'base'>): Browser {
  const cookies = new Map<string, string>();
  const agent = supertest(hub.origin);
  const url = (path: string): string => `${hub.base}${path}`;
  const cookieHeader = (): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');

  const keep = (res: supertest.Response): void => {
    for (const line of setCookies(res)) {
      const [pair = '', ...attributes] = line.split('; ');
      const at = pair.indexOf('=');
      const name = pair.slice(0, at);
      if (attributes.includes('Max-Age=0')) cookies.delete(name);
      else cookies.set(name, pair.slice(at + 1));
    }
  };

  const raw: Browser['raw'] = (method, path, headers = {}) => {
    const test = agent[method](url(path)).redirects(0).set(headers);
    if (cookies.size > 0) void test.set('Cookie', cookieHeader());
    void test.on('response', (res: supertest.Response) => keep(res));
    return test;
  };

  const get: Browser['get'] = (path, headers = {}) => raw('get', path, { ...NAVIGATION, ...headers });
  const token = async (): Promise<string> => {
    const page = await get('hub/login');
    return tokenIn((page.status === 302 ? await get('hub/password') : page).text);
  };

  return {
    cookies, cookieHeader, raw, get, token,
    async post(path, fields = {}, headers = {}) {
      const xsrf = await token();
      return raw('post', path, { ...NAVIGATION, Origin: hub.origin, ...headers }).type('form').send({ _xsrf: xsrf, ...fields });
    },
  };
}

const SESSION = cookieNames(false).session;

/** A browser that is signed in, without the cost of a password. */
export function signedInAs(hub: Pick<TestHub, 'hub' | 'origin' | 'base'>, user: User): Browser {
  const browser = createBrowser(hub);
  const { cookie } = hub.hub.services.sessions.start(user, { address: '127.0.0.1', userAgent: 'test' });
  browser.cookies.set(SESSION, cookie);
  return browser;
}

/** Through the form, as people do it. */
export async function signIn(browser: Browser, username: string, password: string): Promise<supertest.Response> {
  return browser.post('hub/login', { username, password });
}

export const setCookies = (res: supertest.Response): readonly string[] => (res.headers['set-cookie'] as unknown as string[] | undefined) ?? [];

/** The hidden field of a page. */
export function tokenIn(page: string): string {
  const token = /name="_xsrf" value="([^"]+)"/.exec(page)?.[1];
  if (token === undefined) throw new Error(`There is no form token on this page:\n${page.slice(0, 500)}`);
  return token;
}
