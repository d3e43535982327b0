import { TOKEN_TASKS, type TokenTaskId } from '../../hub/domain/token-tasks';
import { makeUser, makeUserWithPassword, PASSWORD } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub({ settings: { server: { named: true } } });
  makeUser(hub, 'other');
});
afterAll(() => hub.close());

/** What is tried with each token, beside asking who one is: method, path below `/hub/api`, and which tasks open it. `ME`: the owner. */
const DOORS: readonly (readonly [method: 'get' | 'post' | 'patch' | 'delete', path: string, ...opens: TokenTaskId[]])[] = [
  // Whose it is, every token may tell.
  ['get', 'users/ME', ...TOKEN_TASKS],
  ['get', 'users/ME/account', 'account', 'all', 'allUsers'],
  ['get', 'users/ME/activity-log', 'account', 'all', 'allUsers'],
  ['patch', 'users/ME/account', 'allUsers', 'all'],
  ['get', 'users/ME/server', 'servers', 'use', 'all', 'allServers'],
  ['post', 'users/ME/servers/two', 'servers', 'all', 'allServers'],
  ['delete', 'users/ME/server', 'servers', 'all', 'allServers'],
  ['get', 'users/ME/tokens', 'tokens', 'all'],
  ['post', 'users/ME/tokens', 'tokens', 'all'],
  ['get', 'users/ME/shared', 'shares', 'all'],
  ['get', 'users/other', 'allUsers', 'allServers', 'all'],
  ['get', 'users/other/server', 'allServers', 'all'],
  ['get', 'users/other/account', 'allUsers', 'all'],
  ['post', 'users/other/tokens', 'all'],
  ['get', 'users', 'allUsers', 'all'],
  ['get', 'groups', 'allGroups', 'all'],
  ['get', 'info', 'figures', 'all'],
  ['get', 'metrics', 'figures', 'all'],
  ['get', 'proxy', 'all'],
  ['get', 'admin/health', 'all'],
];

test.each(TOKEN_TASKS)('the page makes a token for "%s", which opens that and nothing else', async (id) => {
  const name = `root-${id.toLowerCase()}`;
  const user = await makeUserWithPassword(hub, name, { admin: true });
  const page = await signedInAs(hub, user).post('hub/token', { note: id, days: '1', task: id, 'reauth-password': PASSWORD });
  expect(page.status).toBe(200);
  const secret = /id="token">([^<]+)</.exec(page.text)?.[1] ?? '';
  const ask = async (method: (typeof DOORS)[number][0], path: string): Promise<number> =>
    (await createBrowser(hub).raw(method, `hub/api/${path.replace('ME', name)}`, { Authorization: `token ${secret}` }).set('Content-Type', 'application/json').send(method === 'get' ? undefined : '{}')).status;
  expect(await ask('get', 'user')).toBe(200);
  const open: string[] = [];
  for (const [method, path] of DOORS) if (![403, 404].includes(await ask(method, path))) open.push(`${method} ${path}`);
  expect(open).toEqual(DOORS.filter(([, , ...opens]) => opens.includes(id)).map(([method, path]) => `${method} ${path}`));
});

test('nobody is offered what they may not give, and an administrator alone a life without end', async () => {
  const launcherless = makeUser(hub, 'reader', { researcher: false });
  const tasksIn = (text: string): readonly string[] => [...text.matchAll(/name="task" value="(\w+)"/g)].map(([, id]) => id ?? '');
  const { text } = await signedInAs(hub, launcherless).get('hub/token');
  expect(tasksIn(text)).toEqual(['who', 'account', 'use', 'keep', 'shares', 'tokens', 'all']);
  expect([text.includes('value="never"'), text.includes('value="90"')]).toEqual([false, true]);
  const root = await makeUserWithPassword(hub, 'root', { admin: true });
  const offered = (await signedInAs(hub, root).get('hub/token')).text;
  expect(tasksIn(offered)).toEqual(TOKEN_TASKS);
  expect(offered).toContain('value="never"');
});

test('D11: what is offered ends with the longest life that the configuration allows', async () => {
  const short = await startHub({ settings: { token: { maxLifetime: '10d' } } });
  try {
    const browser = signedInAs(short, makeUser(short, 'ada'));
    const { text } = await browser.get('hub/token');
    expect([...text.matchAll(/<option value="(\w+)"[^>]*>[^<]*day/g)].map(([, days]) => days)).toEqual(['1', '7', '10']);
    expect((await browser.post('hub/token', { note: 'x', days: '30', task: 'who' })).status).toBe(400);
    expect((await browser.post('hub/token', { note: 'x', days: '10', task: 'who' })).status).toBe(200);
  } finally {
    await short.close();
  }
});
