import fc from 'fast-check';
import http from 'node:http';
import { makeToken, makeUser } from '../support/factories';
import { effort } from '../support/fuzz';
import { ROUTES } from '../support/routes';
import { startHub, type TestHub } from '../support/start-hub';
import type { User } from '../../hub/domain/user';

const BODIES = ROUTES.filter((route) => route.kind === 'api' && route.method !== 'get');
const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'admin', 'usernames', 'name', 'names', 'username', 'groups', 'users', 'roles', 'scopes', 'note', 'expires_in', 'user_options', 'options', 'profile', 'image', 'display_name', 'last_activity', 'servers', 'remove', 'volumes', 'password', 'token', 'id', 'state', 'auth_state', ''];
const key = fc.oneof({ arbitrary: fc.constantFrom(...KEYS), weight: 5 }, { arbitrary: fc.string({ unit: 'binary', maxLength: 5 }), weight: 1 });
const scalar = fc.oneof(
  fc.constantFrom('null', 'true', 'false', '0', '-1', '1e309', '1e-7', '9007199254740993', '""', '"\\u0000"', '"\\ud800"', '"../../x"', '"victim"', '"root"', '"self"', '"2999-01-01T00:00:00Z"', '"1970-01-01"', '"%"', '"<img onerror=x>"', `"${'a'.repeat(5_000)}"`),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)),
);
/** Text of JSON, written by hand, because an object could not hold `__proto__` or a key twice. */
const { value } = fc.letrec<{ value: string }>((again) => ({
  value: fc.oneof({ depthSize: 'small', maxDepth: 4 }, scalar, fc.array(again('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc.array(fc.tuple(key, again('value')), { maxLength: 5 }).map((entries) => `{${entries.map(([name, is]) => `${JSON.stringify(name)}:${is}`).join(',')}}`)),
}));
const broken = fc.oneof(
  fc.constantFrom('', '{', '[[', '{"a":}', '\ufeff{}', '[1]]', `${'['.repeat(3_000)}${']'.repeat(3_000)}`, `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);
const body = fc.oneof({ arbitrary: value.map((text) => Buffer.from(text)), weight: 8 }, { arbitrary: broken, weight: 1 });

let hub: TestHub;
let agent: http.Agent;
/** Many, in turn: one alone would be told to slow down (Q10). */
let authorizations: readonly string[];
let asked = 0;
beforeAll(async () => {
  hub = await startHub();
  agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  authorizations = Array.from({ length: 40 }, (_, i) => `token ${makeToken(hub, makeUser(hub, `root${i}`, { admin: true }))}`);
});
afterAll(async () => {
  agent.destroy();
  await hub.close();
});

const victim = (): User => hub.store.users.byName('victim' as never) ?? makeUser(hub, 'victim');
const fill = (path: string): string => path.replace(/:(\w+)/g, (_all, name: string) => (name === 'name' ? 'victim' : 'x'));

/** Everything a request could have changed, but for the audit of what was refused. */
function snapshot(): string {
  const { users } = hub.store.users.list({ offset: 0, limit: 10_000 });
  return JSON.stringify([users.map((u) => [u.id, u.name, u.admin, u.status, hub.store.tokens.listOf(u.id).length, hub.store.sessions.listOf(u.id).length]), hub.store.servers.list()]);
}

const ask = (method: string, path: string, bytes: Buffer): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const headers = { Authorization: authorizations[(asked += 1) % authorizations.length] ?? '', 'Content-Type': 'application/json', 'Content-Length': bytes.length };
    const req = http.request(`${hub.origin}${path}`, { method: method.toUpperCase(), agent, headers }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve({ status: res.statusCode ?? 0, text }));
    });
    req.on('error', reject);
    req.end(bytes);
  });

test('there are routes to try', () => expect(BODIES.length).toBeGreaterThan(10));

test.each(BODIES.map((route) => [`${route.method} ${route.path}`, route] as const))('D07 D08 D09: no body for %s is an error of the hub, and none that is refused changes anything', async (_name, route) => {
  await fc.assert(
    fc.asyncProperty(body, async (bytes) => {
      victim();
      const before = snapshot();
      const { status, text } = await ask(route.method, fill(route.path), bytes);
      if (status >= 500) throw new Error(`${status} ${text.slice(0, 300)}`);
      if (status >= 400) expect(snapshot()).toBe(before);
      expect(text).not.toMatch(/\bat .+:\d+:\d+/);
      expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    }),
    effort(40),
  );
}, 30_000);
