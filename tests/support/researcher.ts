import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { DEFAULT_SERVER, type ServerName } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { cookieNames } from '../../hub/http/cookies';
import { makeToken, makeUser } from './factories';
import { withLook, type Look } from './journeys';
import type { TestHub } from './start-hub';

/** What the hub says to a program, as far as these tests read it. */
interface Answer {
  readonly status: number;
  // The shape is what each test claims with its matcher.
  readonly body: unknown;
}

/** Somebody at a browser, and a program of theirs that sees whether it is true what the pages say. */
export interface Researcher {
  readonly page: Page;
  readonly user: User;
  /** Opens a page of the hub; `path` below `/hub/`. Resolves with its status. */
  open(path: string): Promise<number | undefined>;
  /** `path` below `/hub/api/users/<name>/`. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Answer>;
  /** Through the API, until it has settled. */
  start(server?: string): Promise<void>;
}

interface Who extends BrowserContextOptions {
  /** The user is called so, with the look behind it. */
  readonly name: string;
  /** Before the browser opens its first page. */
  readonly before?: (user: User) => Promise<void> | void;
  readonly allowed?: RegExp;
}

/** A user of their own for each journey and look, so that all of them share one hub. */
export async function asResearcher(where: { readonly hub: TestHub; readonly browser: Browser; readonly look: Look }, who: Who, work: (r: Researcher) => Promise<void>): Promise<void> {
  const { hub, browser, look } = where;
  const { name, before, ...options } = who;
  const user = makeUser(hub, `${name}-${look.id}`);
  await before?.(user);
  const program = researcherProgram(hub, user);
  const { cookie } = hub.hub.services.sessions.start(user, { address: '127.0.0.1', userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0.0.0' });
  await withLook(browser, look, { url: hub.origin, ...options }, async (page) => {
    await page.context().addCookies([{ name: cookieNames(false).session, value: cookie, url: hub.origin }]);
    await work({ page, user, open: async (path) => (await page.goto(`${hub.origin}/hub/${path}`))?.status(), ...program });
    // What a lab shows has no theme of ours.
    if (!new URL(page.url()).pathname.startsWith('/hub/')) await page.goto(`${hub.origin}/hub/home`);
  });
  await hub.hub.services.servers.stopAllOf(user.id);
}

function researcherProgram(hub: TestHub, user: User): Pick<Researcher, 'ask' | 'start'> {
  let token: string | undefined;
  const { servers, actors } = hub.hub.services;
  return {
    async ask(method, path, body) {
      token ??= makeToken(hub, user);
      const answer = await fetch(`${hub.origin}/hub/api/users/${user.name}${path === '' ? '' : `/${path}`}`, { method, headers: { Authorization: `token ${token}`, 'Content-Type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const text = await answer.text();
      return { status: answer.status, body: answer.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as unknown) : text };
    },
    start: async (server = DEFAULT_SERVER) => void (await servers.start(actors.ofUser(user, 'cookie', 'test'), user, server as ServerName, {}).settled),
  };
}

/** Through the form of the sign-in page. */
export async function signInAs(page: Page, hub: TestHub, name: string, password: string): Promise<void> {
  await page.goto(`${hub.origin}/hub/login`);
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The text of the page, as it is read. */
export const mainText = (page: Page): Promise<string> => page.locator('main').innerText();
