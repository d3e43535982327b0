import { dice, oneOf } from './dice';
import { ANY, createLedger, type Change } from './ledger';
import { ask, type Act, type Answer, type Period, type Worker } from './load';
import { createBrowser } from './login';

/** Somebody with a server, tokens and a session of their own. */
export interface Person extends Worker {
  readonly token: string;
  readonly cookies: ReadonlyMap<string, string>;
}

export interface NewPerson {
  readonly name: string;
  readonly password: string;
  /** Works through every life. */
  readonly token: string;
  readonly seed: number;
}

const MOST_TOKENS = 8;

/** Their server runs already. Keys: `token <note>`, `server`, `session`. */
export function createPerson({ name, password, token, seed }: NewPerson): Person {
  const ledger = createLedger({ server: 'ready' });
  const roll = dice(seed);
  const ids = new Map<string, string>();
  const cookies = new Map<string, string>();
  const at = `/hub/api/users/${name}`;
  let made = 0;

  function makeToken(): Act {
    const note = `t${(made += 1)}`;
    return {
      what: 'create a token', ways: [{ [`token ${note}`]: 'there' }], send: (period) => ask(period, token, ['POST', `${at}/tokens`, { note, expires_in: 3600 }]),
      done: ({ body }) => void ids.set(note, (body as { id: string }).id),
    };
  }

  function revokeToken(): Act | undefined {
    // Of those whose answer came: nobody else knows its id.
    const note = oneOf(roll, [...ids.keys()].filter((one) => `token ${one}` in ledger.now()));
    return note === undefined ? undefined : { what: 'revoke a token', ways: [{ [`token ${note}`]: null }], send: (period) => ask(period, token, ['DELETE', `${at}/tokens/${ids.get(note) ?? ''}`]) };
  }

  const serverAct = (what: string, method: 'POST' | 'DELETE', path: string): Act => ({
    what, ways: [{ server: ANY }], send: (period) => ask(period, token, [method, `${at}/${path}`, {}]), says: serverSays(what),
  });

  function signing(): Act {
    const signedIn = 'session' in ledger.now();
    const press = (path: string, fields: Readonly<Record<string, string>>) => (period: Period) => byForm(period, cookies, { path, fields });
    return signedIn ? { what: 'sign out', ways: [{ session: null }], send: press('hub/logout', {}) } : { what: 'sign in', ways: [{ session: 'open' }], send: press('hub/login', { username: name, password }) };
  }

  function choose(): Act | undefined {
    const throwing = roll(20);
    const { server } = ledger.now();
    if (throwing < 6) return Object.keys(ledger.now()).length > MOST_TOKENS ? revokeToken() : makeToken();
    if (throwing < 10) return revokeToken();
    if (throwing < 12) return signing();
    if (server !== 'ready') return throwing < 19 ? serverAct('start', 'POST', 'server') : resetHome();
    if (throwing < 14) return serverAct('stop', 'DELETE', 'server');
    if (throwing < 15) return serverAct('restart', 'POST', 'restart-server');
    if (throwing < 16) return serverAct('recreate', 'POST', 'server/recreate');
    return makeToken();
  }

  const resetHome = (): Act => ({ what: 'reset the home volume', ways: [{}], send: (period) => ask(period, token, ['DELETE', `${at}/reset-home-volume`]) });

  return { name, ledger, roll, token, cookies, choose };
}

/** A start that is told to be unnecessary is as good as one that succeeded; what is on its way may come to anything. */
const serverSays = (what: string) => ({ status, body }: Answer): Change => {
  if (what === 'stop') return { server: status === 204 ? 'stopped' : ANY };
  const ready = status === 200 || status === 201 || (status === 400 && JSON.stringify(body).includes('already running'));
  return { server: ready ? 'ready' : ANY };
};

/** As a browser does; undefined: the hub was killed meanwhile. Its cookies are those of before where that went wrong. */
async function byForm(period: Period, cookies: Map<string, string>, { path, fields }: { readonly path: string; readonly fields: Readonly<Record<string, string>> }): Promise<Answer | undefined> {
  const browser = createBrowser({ origin: period.origin, base: '/' });
  for (const [name, value] of cookies) browser.cookies.set(name, value);
  try {
    const res = await browser.post(path, fields);
    cookies.clear();
    for (const [name, value] of browser.cookies) cookies.set(name, value);
    // A page instead of a way on is the form again, with what is wrong.
    return { status: res.status === 302 || res.status === 303 ? 200 : Math.max(res.status, 400), body: /<main.*<\/main>/s.exec(res.text)?.[0] ?? null };
  } catch (err) {
    if (period.over) return undefined;
    throw err;
  }
}
