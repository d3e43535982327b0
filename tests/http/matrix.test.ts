import path from 'node:path';
import { TREE } from '../../hub/domain/scopes/tree';
import type { HubRoute } from '../../hub/http/routes';
import { makeToken } from '../support/factories';
import { ROUTES } from '../support/routes';
import { startHub, type TestHub } from '../support/start-hub';
import { MATRIX } from './matrix';
import { createMatrixWorld, IDENTITIES } from './matrix-world';

const SCOPES = Object.keys(TREE);
/** After it no server starts any more. */
const LAST = 'post /hub/api/shutdown';
const NAMES = [...Object.keys(MATRIX).filter((name) => name !== LAST), LAST];
let hub: TestHub;
let world: ReturnType<typeof createMatrixWorld>;
let tokens: ReadonlyMap<string, string>;
let routes: ReadonlyMap<string, HubRoute>;

beforeAll(async () => {
  hub = await startHub({ settings: { server: { cap: 0 }, signup: 'approval', paths: { templates: path.resolve(__dirname, '../../templates') } } });
  world = createMatrixWorld(hub);
  tokens = new Map(SCOPES.map((scope) => [scope, makeToken(hub, world.root, [scope])]));
  routes = new Map(hub.hub.pages.map((route) => [`${route.method} ${route.path}`, route]));
});
afterAll(async () => {
  world.close();
  await hub.close();
});

/** `403 | 200 users list:users`: what most tokens get, then each other status with its scopes. */
function inWords(answers: ReadonlyMap<string, number>): string {
  const statuses = [...new Set(answers.values())];
  const scopesWith = (status: number): string[] => [...answers].filter(([, got]) => got === status).map(([scope]) => scope);
  const [most, ...others] = statuses.toSorted((a, b) => scopesWith(b).length - scopesWith(a).length || a - b);
  return [String(most), ...others.toSorted((a, b) => (a ?? 0) - (b ?? 0)).map((status) => `${status} ${scopesWith(status).join(' ')}`)].join(' | ');
}

/** One after the other, as each makes and removes the user it is about. */
async function answersOf<K extends string>(keys: readonly K[], ask: (key: K) => Promise<number>): Promise<ReadonlyMap<K, number>> {
  const answers = new Map<K, number>();
  for (const key of keys) answers.set(key, await ask(key));
  return answers;
}

describe('every route, for everybody', () => {
  it('D01: the table has every route of the hub, and no other', () => {
    expect([...routes.keys()].toSorted()).toEqual(Object.keys(MATRIX).toSorted());
    // No setting brings a route that is not tried here.
    const all = ROUTES.map((route) => `${route.method} ${route.path}`);
    expect(all.filter((name) => !routes.has(name))).toEqual([]);
  });

  it.each(NAMES)('D01: %s', async (name) => {
    const route = routes.get(name);
    if (route === undefined) throw new Error(`There is no route ${name} any more.`);
    const byIdentity = await answersOf(IDENTITIES, (identity) => world.ask(route, identity));
    const byScope = await answersOf(SCOPES, (scope) => world.askWithToken(route, tokens.get(scope) ?? ''));
    expect([[...byIdentity.values()].join(' '), inWords(byScope)]).toEqual(MATRIX[name]);
  });

  it('D02: a token without scopes is told who it belongs to, and opens nothing that asks for a scope', () => {
    const column = IDENTITIES.indexOf('empty');
    const open = [...routes].filter(([name, route]) => route.needs !== 'anyone' && Number(MATRIX[name]?.[0].split(' ')[column]) < 300).map(([name]) => name);
    expect(open).toEqual(['get /hub/api/user']);
  });

  it('every route that is marked as dangerous asks an administrator whose password is not fresh, and no other does', () => {
    const asked = [...routes].filter(([name]) => {
      const answers = MATRIX[name]?.[0].split(' ') ?? [];
      return answers[IDENTITIES.indexOf('stale')] === '403' && answers[IDENTITIES.indexOf('admin')] !== '403';
    });
    const marked = [...routes].filter(([, route]) => route.reauth === true);
    expect(asked.map(([name]) => name)).toEqual(expect.arrayContaining(marked.map(([name]) => name)));
    expect(asked.every(([, route]) => route.reauth !== undefined)).toBe(true);
  });
});
