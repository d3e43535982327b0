import { request, type IncomingHttpHeaders } from 'node:http';
import type { User } from '../../hub/domain/user';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import type { ServerId } from '../../hub/domain/ids';
import type { Browser } from './login';
import type { TestHub } from './start-hub';

/** Everything that a `jupyterhub-singleuser` server knows of itself. */
export interface SignInServer {
  readonly user: User;
  readonly id: ServerId;
  readonly clientId: string;
  readonly secret: string;
  readonly redirect: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where this server reaches the hub, and nobody else does. */
  readonly inside: number;
}

export const SINGLEUSER = { profiles: [{ slug: 'singleuser', title: 'JupyterHub', image: 'x', mode: 'singleuser' }], server: { cap: 0 } } as const;

export async function startSignInServer(hub: TestHub, user: User): Promise<SignInServer> {
  const actor = hub.hub.services.actors.ofUser(user, 'cookie', 'test');
  await hub.hub.services.servers.start(actor, user, DEFAULT_SERVER, {}).settled;
  const env = hub.spawner.started.at(-1)?.env ?? {};
  const { id } = hub.store.servers.ensure(user.id, DEFAULT_SERVER);
  const inside = Number(new URL((await hub.spawner.hubUrlOf(id)) ?? '').port);
  return { user, id, env, inside, clientId: env['JUPYTERHUB_CLIENT_ID'] ?? '', secret: env['JUPYTERHUB_API_TOKEN'] ?? '', redirect: env['JUPYTERHUB_OAUTH_CALLBACK_URL'] ?? '' };
}

export type Fields = Readonly<Record<string, string | undefined>>;

const encoded = (fields: Fields): string => new URLSearchParams(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)).toString();

export const authorizePath = (fields: Fields): string => `hub/api/oauth2/authorize?${encoded(fields)}`;

/** What the real client sends: the four parameters of 5.2.1. */
export const askOf = (client: { readonly clientId: string; readonly redirect: string }, more: Fields = {}): Fields => ({ client_id: client.clientId, redirect_uri: client.redirect, response_type: 'code', state: 's-1', ...more });

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A program's request, without a browser's help. */
export function send(port: number, method: string, path: string, { headers = {}, body }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, method, path, agent: false, headers: { ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }), ...headers } }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text } }));
    });
    req.on('error', reject).end(body);
  });
}

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

export const redeem = (port: number, fields: Fields, headers: Readonly<Record<string, string>> = {}, path = '/hub/api/oauth2/token'): Promise<Answer> => send(port, 'POST', path, { headers: { ...FORM, ...headers }, body: encoded(fields) });

/** What the real client sends to exchange a code. */
export const exchangeOf = (client: { readonly clientId: string; readonly secret: string; readonly redirect: string }, code: string, more: Fields = {}): Fields => ({ client_id: client.clientId, client_secret: client.secret, grant_type: 'authorization_code', code, redirect_uri: client.redirect, ...more });

export const whoIs = (port: number, token: string): Promise<Answer> => send(port, 'GET', '/hub/api/user', { headers: { Authorization: `token ${token}` } });

/** A code, as a browser brings it that is not asked anything. */
export async function codeFor(browser: Browser, client: { readonly clientId: string; readonly redirect: string }, more: Fields = {}): Promise<string> {
  const res = await browser.get(authorizePath(askOf(client, more)));
  return codeIn(String(res.headers['location'] ?? ''));
}

export function codeIn(location: string): string {
  const code = new URL(location, 'http://x').searchParams.get('code');
  if (code === null) throw new Error(`no code in ${location}`);
  return code;
}
