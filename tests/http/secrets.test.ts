import { inspect } from 'node:util';
import { bad } from '../../spawner/fake';
import { makeUserWithPassword, PASSWORD } from '../support/factories';
import { createBrowser, signIn } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

const WRONG = 'a wrong pass phrase';
const CHOSEN = 'chosen by the administrator';
/** Typed into the wrong field. The log names what was typed as a name; the audit log names accounts alone. */
const MISPLACED = 'typed one field too early';

/** Everything that a hub wrote down: its log, causes and stacks included, and its audit log. */
const written = (hub: TestHub): string => inspect([hub.lines, hub.store.audit.list({ offset: 0, limit: 1000 })], { depth: 30, maxArrayLength: null, maxStringLength: null });

/** Goes through a hub as people do, and gathers every secret that came into being and every page that was shown afterwards. */
async function useHub(hub: TestHub): Promise<{ readonly secrets: Readonly<Record<string, string>>; readonly shown: Readonly<Record<string, string>> }> {
  const link = new URL(hub.hub.adminLink() ?? '').searchParams.get('link') ?? '';
  const boss = createBrowser(hub);
  await boss.post('hub/bootstrap', { link: 'x'.repeat(link.length), password: CHOSEN, repeat: CHOSEN });
  await boss.post('hub/bootstrap', { link, password: CHOSEN, repeat: CHOSEN });
  await boss.get(`hub/bootstrap?link=${link}`);

  const alice = await makeUserWithPassword(hub, 'alice');
  const browser = createBrowser(hub);
  await signIn(browser, MISPLACED, PASSWORD);
  await signIn(browser, 'alice', WRONG);
  await signIn(browser, 'alice', PASSWORD);
  await browser.post('hub/password', { current: WRONG, password: CHOSEN, repeat: CHOSEN });

  const xsrf = await browser.token();
  const api = { Origin: hub.origin, 'X-XSRFToken': xsrf };
  const made = await browser.raw('post', 'hub/api/users/alice/tokens', api).send({ note: 'nightly' });
  const token = (made.body as { readonly token: string }).token;
  await createBrowser(hub).raw('get', 'hub/api/user', { Authorization: `token ${token}` });
  await createBrowser(hub).raw('post', 'hub/api/users/mallory', { Authorization: `token ${token}` });
  await createBrowser(hub).raw('get', `hub/api/user?token=${token}`, { Authorization: `token ${token}x` });

  await browser.raw('post', 'hub/api/users/alice/server', api).send({ image: 'evil' });
  await browser.post('hub/spawn/alice');
  await hub.hub.services.servers.start(hub.hub.services.actors.ofUser(alice, 'cookie', 'test'), alice, '' as never, {}).settled;
  const server = hub.store.servers.find(alice.id, '' as never);
  expect(server?.state.kind).toBe('failed');
  const secret = hub.spawner.started.at(-1)?.env['JUPYTERHUB_API_TOKEN'] ?? server?.secret ?? '';

  const shown: Record<string, string> = {};
  for (const path of ['hub/home', 'hub/password', 'hub/admin/users', 'hub/admin/audit', 'hub/api/users', 'hub/api/users/alice/tokens', 'hub/api/info', 'hub/spawn-pending/alice', 'hub/nowhere']) {
    for (const [who, one] of [['boss', boss], ['alice', browser]] as const) {
      shown[`${path} of ${who}`] = (await one.raw('get', path, path.includes('/api/') ? { ...api } : { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Site': 'same-origin', Accept: 'text/html' })).text;
    }
  }
  shown['the export of the audit log'] = (await boss.post('hub/admin/audit/export', { format: 'jsonl' })).text;
  const cookies = [...boss.cookies, ...browser.cookies].filter(([name]) => name !== '_xsrf').map(([, value]) => value);
  return { secrets: { link, password: PASSWORD, wrong: WRONG, chosen: CHOSEN, token, secret, ...Object.fromEntries(cookies.map((value, n) => [`cookie ${n}`, value])) }, shown };
}

describe('R08: secrets', () => {
  it('R08: of links, passwords, cookies, tokens and servers are in no log line, no audit entry and no later page', async () => {
    const hub = await startHub({ behaviour: bad('exit') });
    try {
      const { secrets, shown } = await useHub(hub);
      expect(Object.entries(secrets).filter(([, value]) => value.length < 8)).toEqual([]);
      expect(Object.keys(secrets).length).toBeGreaterThanOrEqual(8);
      const rows = hub.store.audit.list({ offset: 0, limit: 1000 });
      expect(JSON.stringify([rows, shown])).not.toContain(MISPLACED);
      const actions = rows.map((row) => row.action);
      for (const action of ['user.bootstrap', 'user.create', 'user.sign-in', 'token.create', 'server.start', 'request.denied', 'audit.export']) expect(actions).toContain(action);
      const everything = { ...shown, 'the logs': written(hub) };
      const found = Object.entries(everything).flatMap(([where, text]) => Object.entries(secrets).filter(([, value]) => text.includes(value)).map(([what]) => `${what} in ${where}`));
      expect(found).toEqual([]);
      // What a process list or a container's labels would show: never the environment, which is the server's alone.
      const visible = JSON.stringify(hub.spawner.started.map(({ env: _env, ...rest }) => rest));
      expect(Object.entries(secrets).filter(([, value]) => visible.includes(value))).toEqual([]);
    } finally {
      await hub.close();
    }
  });
});
