import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubAuthService {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** From the moment the hub answers: its address is known only then. */
  connect(hub: { readonly api: string; readonly token: string; readonly name: string }): void;
  close(): Promise<void>;
}

interface Identity { readonly name: string; readonly kind: string; readonly scopes: readonly string[] }

const STATE = 'service-board-oauth-state';
const SIGNED_IN = 'service-board';

/**
 * A service that knows its visitors from the hub, written after what JupyterHub documents for services: the state in a cookie, the code
 * exchanged with the service's own token, the visitor asked for at `/hub/api/user`, and let in by scope.
 */
export async function startHubAuthService(): Promise<HubAuthService> {
  let hub = { api: '', token: '', name: '' };
  const visitors = new Map<string, string>();
  const prefix = (): string => `/services/${hub.name}/`;
  const cookie = (req: IncomingMessage, name: string): string | undefined => new RegExp(`(?:^|; )${name}=([^;]*)`).exec(req.headers.cookie ?? '')?.[1];

  const identityOf = async (token: string): Promise<Identity | undefined> => {
    const res = await fetch(`${hub.api}/user`, { headers: { Authorization: `token ${token}` } });
    // 403 means nobody; anything else that is not 200 is a failure of the hub.
    if (res.status === 403) return undefined;
    if (res.status !== 200) throw new Error(`the hub answers ${res.status}`);
    return (await res.json()) as Identity;
  };

  const toHub = (res: ServerResponse): void => {
    const state = randomBytes(12).toString('base64url');
    const query = new URLSearchParams({ client_id: `service-${hub.name}`, redirect_uri: `${prefix()}oauth_callback`, response_type: 'code', state });
    res.writeHead(302, { Location: `/hub/api/oauth2/authorize?${query}`, 'Set-Cookie': `${STATE}=${state}; Path=${prefix()}; Max-Age=600; HttpOnly` }).end();
  };

  const callback = async (req: IncomingMessage, res: ServerResponse, query: URLSearchParams): Promise<void> => {
    const [code, state] = [query.get('code'), query.get('state')];
    if (code === null || state === null || state !== cookie(req, STATE)) return void res.writeHead(400).end('state');
    const body = new URLSearchParams({ client_id: `service-${hub.name}`, client_secret: hub.token, grant_type: 'authorization_code', code, redirect_uri: `${prefix()}oauth_callback` });
    const answer = await fetch(`${hub.api}/oauth2/token`, { method: 'POST', body, headers: { Authorization: `token ${hub.token}` } });
    if (answer.status !== 200) return void res.writeHead(500).end(await answer.text());
    const { access_token: token } = (await answer.json()) as { readonly access_token: string };
    const mine = randomBytes(16).toString('base64url');
    visitors.set(mine, token);
    res.writeHead(302, { Location: prefix(), 'Set-Cookie': [`${SIGNED_IN}=${mine}; Path=${prefix()}; HttpOnly`, `${STATE}=; Path=${prefix()}; Max-Age=0`] }).end();
  };

  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const url = new URL(req.url ?? '/', 'http://x');
    if (url.pathname === `${prefix()}oauth_callback`) return callback(req, res, url.searchParams);
    const token = /^token (\S+)$/.exec(req.headers.authorization ?? '')?.[1] ?? visitors.get(cookie(req, SIGNED_IN) ?? '');
    const visitor = token === undefined ? undefined : await identityOf(token);
    if (visitor === undefined) return toHub(res);
    const may = visitor.scopes.some((scope) => scope === 'access:services' || scope === `access:services!service=${hub.name}`);
    res.writeHead(may ? 200 : 403, { 'Content-Type': 'application/json' }).end(JSON.stringify({ visitor: visitor.name, cookie: req.headers.cookie ?? '' }));
  };

  const server = createServer((req, res) => void serve(req, res).catch((err: unknown) => res.writeHead(502).end(String(err))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connect: (given) => void (hub = given),
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
