import { createBrowser, signedInAs } from '../support/login';
import { makeToken, makeUser, PASSWORD } from '../support/factories';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
afterEach(() => hub.close());

const startOf = async (token: string, user: string): Promise<number> => (await fetch(`${hub.origin}/hub/api/users/${user}/server`, { method: 'POST', headers: { Authorization: `token ${token}` } })).status;

test('servers of a group\'s members reach what the group opens, everybody else\'s do not, and the audit log says which did', async () => {
  hub = await startHub({ settings: { groups: [{ name: 'web', users: ['alice', 'late'], outbound: 'open' }] } });
  const [late, bob] = [await hub.hub.services.accounts.create(hub.hub.services.actors.local(), { username: 'late', admin: false, password: PASSWORD }), makeUser(hub, 'bob')];
  hub.store.users.update(late.user.id, { mustChangePassword: false });
  for (const [user, name] of [[late.user, 'late'], [bob, 'bob']] as const) expect([200, 201, 202]).toContain(await startOf(makeToken(hub, user), name));
  expect(hub.spawner.started.map(({ owner, outbound }) => [owner.name, outbound])).toEqual([['late', 'open'], ['bob', 'none']]);
  const warned = async (user: typeof bob): Promise<boolean> => (await signedInAs(hub, user).get('hub/home')).text.includes('This server reaches the internet');
  expect([await warned(hub.store.users.byId(late.user.id) ?? bob), await warned(bob)]).toEqual([true, false]);
  const starts = hub.store.audit.list({ offset: 0, limit: 50 }).filter(({ action }) => action === 'server.start');
  expect(starts.map(({ target, detail }) => [target, detail.outbound])).toEqual(expect.arrayContaining([['server:late/', 'open'], ['server:bob/', undefined]]));
});

test('A12: nobody gets into a group by signing up under a name that it waits for: an administrator approves first', async () => {
  hub = await startHub({ settings: { signup: 'open', groups: [{ name: 'web', users: ['mallory'], outbound: 'open' }] } });
  await createBrowser(hub).post('hub/signup', { username: 'mallory', password: PASSWORD, repeat: PASSWORD });
  await createBrowser(hub).post('hub/signup', { username: 'carol', password: PASSWORD, repeat: PASSWORD });
  const of = (name: string) => hub.store.users.list({ offset: 0, limit: 10 }).users.find((user) => user.name === name);
  expect([of('mallory')?.status, of('carol')?.status]).toEqual(['pending', 'active']);
  expect(hub.store.groups.groupsOf(of('mallory')?.id as never)).toEqual([]);
  hub.hub.services.accounts.approve(hub.hub.services.actors.local(), of('mallory')?.id as never);
  expect(hub.store.groups.groupsOf(of('mallory')?.id as never).map(({ name }) => name)).toEqual(['web']);
});
