import { makeUser } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

describe('the page of one\'s own tokens', () => {
  test('D10: a new token is shown once and works; the list names it without its secret', async () => {
    const browser = signedInAs(hub, makeUser(hub, 'ada'));
    const made = await browser.post('hub/token', { note: 'for <b>a script</b>', days: '7', scopes: 'read:users!user' });
    const secret = /<code class="secret" id="token">([^<]+)</.exec(made.text)?.[1] ?? '';
    expect([made.status, secret.length]).toEqual([200, 43]);
    const who = await createBrowser(hub).raw('get', 'hub/api/user', { Authorization: `token ${secret}` });
    expect(who.body).toMatchObject({ name: 'ada', scopes: expect.arrayContaining(['read:users!user=ada']) as unknown });
    const list = await browser.get('hub/token');
    expect(list.text).toContain('for &lt;b>a script');
    expect(list.text).not.toContain(secret);
    const action = /action="\/(hub\/token\/[^"]+\/revoke)"/.exec(list.text)?.[1] ?? '';
    expect((await browser.post(action)).status).toBe(303);
    expect((await createBrowser(hub).raw('get', 'hub/api/user', { Authorization: `token ${secret}` })).status).toBe(403);
  });

  test('what may not be asked for is said beside the form, and nothing is made', async () => {
    const user = makeUser(hub, 'bea');
    const browser = signedInAs(hub, user);
    for (const fields of [{ note: 'x', days: '7', scopes: 'admin:users' }, { note: 'x', days: '7', scopes: 'no:such' }, { note: 'x', days: '4000', task: 'who' }, { note: 'x', days: 'x', task: 'who' }, { note: 'x', days: 'never', task: 'who' }, { note: 'x', days: '365', task: 'who' }, { note: 'x', days: '7', task: 'allUsers' }, { note: 'x', days: '7', task: 'none' }, { note: 'x', days: '7' }]) expect((await browser.post('hub/token', fields)).status).toBe(400);
    expect(hub.store.tokens.listOf(user.id)).toEqual([]);
  });

  test('D06: somebody else\'s token is as unknown as none', async () => {
    const [mine, theirs] = [makeUser(hub, 'cid'), makeUser(hub, 'dan')];
    await signedInAs(hub, theirs).post('hub/token', { note: 'x', days: '7', task: 'who' });
    const id = hub.store.tokens.listOf(theirs.id)[0]?.id ?? '';
    const browser = signedInAs(hub, mine);
    expect([(await browser.post(`hub/token/${id}/revoke`)).status, (await browser.post('hub/token/none/revoke')).status]).toEqual([404, 404]);
    expect(hub.store.tokens.listOf(theirs.id)).toHaveLength(1);
  });
});

describe('addresses that Jupyter and JupyterHub\'s proxy know by heart', () => {
  test('the logo is a picture for everybody', async () => {
    const res = await createBrowser(hub).raw('get', 'hub/logo');
    expect([res.status, res.headers['content-type']]).toEqual([200, 'image/svg+xml']);
  });

  test.each(['404', '503'])('the page for status %s comes with 200 and names it', async (code) => {
    const res = await createBrowser(hub).get(`hub/error/${code}?url=%2Fuser%2Fx`);
    expect([res.status, res.text.includes(code)]).toEqual([200, true]);
  });

  test.each(['200', '999', 'x', '<b>'])('there is none for %s', async (code) => {
    expect((await createBrowser(hub).get(`hub/error/${encodeURIComponent(code)}`)).status).toBe(404);
  });
});
