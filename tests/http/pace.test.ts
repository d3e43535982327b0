import { createFakeClock } from '../support/fake-clock';
import { makeToken, makeUser } from '../support/factories';
import { createBrowser } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
const clock = createFakeClock();
beforeEach(async () => {
  hub = await startHub({ clock });
});
afterEach(() => hub.close());

const as = (name: string, admin = false): ((path: string) => Promise<number>) => {
  const Authorization = `token ${makeToken(hub, makeUser(hub, name, { admin }))}`;
  return async (path) => (await createBrowser(hub).raw('get', path, { Authorization })).status;
};

test('Q10: who asks too often is told to slow down, nobody else pays for it, and a second later it goes on', async () => {
  const [boss, alice] = [as('boss', true), as('alice')];
  const statuses = new Map<number, number>();
  for (let i = 0; i < 650; i += 1) {
    const status = await boss('hub/api/users');
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect([...statuses]).toEqual([[200, 600], [429, 50]]);
  expect(await alice('hub/api/user')).toBe(200);
  expect(await boss('hub/health')).toBe(200);
  clock.advance(1_000);
  expect(await boss('hub/api/users')).toBe(200);
}, 30_000);

test('Q10: who may not see a list costs no look at it', async () => {
  const alice = as('alice');
  const list = jest.spyOn(hub.store.users, 'list');
  for (const path of ['hub/admin', 'hub/admin/users', 'hub/admin/audit', 'hub/api/users']) {
    expect((await createBrowser(hub).raw('get', path)).status).not.toBe(200);
    expect([path, await alice(path)]).toEqual([path, path.startsWith('hub/api') ? 403 : 302]);
  }
  expect(list).not.toHaveBeenCalled();
});
