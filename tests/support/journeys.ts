import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { User } from '../../hub/domain/user';
import { cookieNames, THEME_COOKIE } from '../../hub/http/cookies';
import { makeToken } from './factories';
import type { TestHub } from './start-hub';

/** One way of looking at the pages. */
export interface Look {
  readonly theme: 'light' | 'dark';
  readonly width: number;
  /** `dark-390`: also fit for a part of a username, so that journeys of several looks share one hub. */
  readonly id: string;
}

export const LOOKS: readonly Look[] = (['light', 'dark'] as const).flatMap((theme) => [390, 768, 1440].map((width) => ({ theme, width, id: `${theme}-${width}` })));

/** How long a journey waits for what it expects to see. */
const PATIENCE_MS = 30_000;

interface LookOptions extends BrowserContextOptions {
  /** Where the hub is, without a slash at its end. */
  readonly url: string;
  /** What the work itself brings about and the browser may complain of; absent: nothing. */
  readonly allowed?: RegExp;
}

/** Runs in every page of the hub, once it is there: what is wrong with its look is said on the console, where `withLook` hears it. */
const watch = (theme: string): string => `addEventListener('load', () => {
  if (!location.pathname.startsWith('/hub/')) return;
  const page = document.documentElement;
  if (page.dataset.theme !== ${JSON.stringify(theme)}) console.error('the theme is ' + page.dataset.theme + ' on ' + location.pathname);
  if (page.scrollWidth > innerWidth) console.error('wider than the window: ' + location.pathname);
});`;

/**
 * A browser of its own with this look, and with the opposite preference of its system, so that it is the choice on the page that counts.
 * Every page that the work comes by has that theme and fits the width, and the browser complained about nothing; a page that the hub refuses
 * is no complaint, for the work asked for it.
 */
export async function withLook<T>(browser: Browser, look: Look, options: LookOptions, work: (page: Page) => Promise<T>): Promise<T> {
  const { url, allowed, ...more } = options;
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', viewport: { width: look.width, height: 860 }, colorScheme: look.theme === 'dark' ? 'light' : 'dark', ...more });
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const complaints = listen(context, allowed);
    const page = await context.newPage();
    await context.addCookies(await themeOf(browser, url, look));
    await context.addInitScript({ content: watch(look.theme) });
    const result = await work(page);
    expect({ complaints, ...(await looksOf(page)) }).toEqual({ complaints: [], theme: look.theme, dark: look.theme === 'dark', overflow: 0 });
    return result;
  } finally {
    await context.close();
  }
}

/** Pages of the hub name their icon; a browser asks for this one where it shows what is no page, such as the answer of a pretended lab. */
const ICON = /\/favicon\.ico$/;
/** A network of this machine came or went, as those of containers do: Chromium ends what is open, and the page opens it anew. */
const ELSEWHERE = /net::ERR_NETWORK_CHANGED/;

function listen(context: BrowserContext, allowed: RegExp | undefined): readonly string[] {
  const complaints: string[] = [];
  const refused = new Set<string>();
  context.on('response', (answer) => void (answer.request().isNavigationRequest() && answer.status() >= 400 && answer.status() < 500 && refused.add(answer.url())));
  context.on('console', (message) => {
    const [text, { url }] = [message.text(), message.location()];
    if (['error', 'warning'].includes(message.type()) && !refused.has(url) && !ICON.test(url) && !ELSEWHERE.test(text) && allowed?.test(text) !== true) complaints.push(`${text} (${url})`);
  });
  context.on('weberror', (error) => void complaints.push(error.error().message));
  return complaints;
}

/** What a browser keeps of a choice, by hub and theme. */
const choices = new Map<string, Promise<Cookies>>();
type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>;

/** Made once, by the list at the foot of the sign-in page; every later browser has what that one kept. */
function themeOf(browser: Browser, url: string, { theme }: Look): Promise<Cookies> {
  const made = choices.get(`${url} ${theme}`) ?? chooseTheme(browser, url, theme);
  choices.set(`${url} ${theme}`, made);
  return made;
}

async function chooseTheme(browser: Browser, url: string, theme: Look['theme']): Promise<Cookies> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`${url}/hub/login`);
    await page.locator('#theme').selectOption(theme);
    await page.locator(`html[data-theme="${theme}"]`).waitFor();
    return (await context.cookies(`${url}/hub/`)).filter(({ name }) => name === THEME_COOKIE);
  } finally {
    await context.close();
  }
}

const looksOf = (page: Page): Promise<{ readonly theme: string; readonly dark: boolean; readonly overflow: number }> =>
  page.evaluate(`(() => {
    const root = document.documentElement;
    const shades = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number);
    return { theme: root.dataset.theme, dark: shades[0] + shades[1] + shades[2] < 384, overflow: Math.max(0, root.scrollWidth - innerWidth) };
  })()`);

/** For the options of a context: a browser in which this user is signed in, without the cost of a password. */
export function sessionOf({ hub }: TestHub, user: User): NonNullable<BrowserContextOptions['storageState']> {
  const { cookie } = hub.services.sessions.start(user, { address: '127.0.0.1', userAgent: 'test' });
  return { origins: [], cookies: [{ name: cookieNames(false).session, value: cookie, domain: '127.0.0.1', path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Lax' }] };
}

type Answer = { readonly status: number; readonly body: unknown };

/** The hub's API as a program of this user asks it; `path` below `/hub/api`, with its slash. */
export function apiOf(hub: TestHub, user: User): (method: string, path: string, body?: object) => Promise<Answer> {
  const headers = { Authorization: `token ${makeToken(hub, user)}`, 'Content-Type': 'application/json' };
  return async (method, path, body) => {
    const answer = await fetch(`${hub.origin}/hub/api${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.text();
    return { status: answer.status, body: answer.headers.get('content-type')?.startsWith('application/json') === true ? JSON.parse(text) : text };
  };
}
