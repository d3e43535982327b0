import type { Response } from 'supertest';
import { makeToken, makeUser } from '../support/factories';
import { startHubAuthService, type HubAuthService } from '../support/hub-auth-service';
import { signedInAs, type Browser } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

const TOKEN = 'board-secret-0123456789';
let hub: TestHub;
let service: HubAuthService;
beforeAll(async () => {
  service = await startHubAuthService();
  const declared = { name: 'board', token: TOKEN, url: service.origin, oauthNoConfirm: true };
  hub = await startHub({ settings: { services: [declared], roles: [{ name: 'members', description: 'May open the board.', scopes: ['access:services!service=board'] }] } });
  service.connect({ api: `${hub.origin}/hub/api`, token: TOKEN, name: 'board' });
});
afterAll(async () => {
  await hub.close();
  await service.close();
});

const member = (name: string) => {
  const user = makeUser(hub, name);
  hub.store.roles.grant('members', user.id);
  hub.hub.services.actors.forget();
  return user;
};
/** As a browser goes: from one answer to the next, within the hub's origin. */
async function follow(browser: Browser, path: string): Promise<{ readonly res: Response; readonly way: readonly string[] }> {
  const way: string[] = [];
  let res = await browser.get(path);
  while (res.status === 302 && way.length < 10) {
    const next = new URL(String(res.headers['location']), hub.origin);
    way.push(next.pathname);
    res = await browser.get((next.pathname + next.search).slice(1));
  }
  return { res, way };
}

describe('a service that asks the hub who its visitors are', () => {
  test('9.3: lets a visitor in after one round by way of the hub, and again without one', async () => {
    const browser = signedInAs(hub, member('ada'));
    const first = await follow(browser, 'services/board/');
    expect([first.res.status, first.way]).toEqual([200, ['/hub/api/oauth2/authorize', '/services/board/oauth_callback', '/services/board/']]);
    expect(first.res.body).toMatchObject({ visitor: 'ada' });
    expect((await follow(browser, 'services/board/')).way).toEqual([]);
  });

  test('B05: never sees the hub\'s cookie', async () => {
    const { res } = await follow(signedInAs(hub, member('bea')), 'services/board/');
    expect((res.body as { cookie: string }).cookie).not.toMatch(/(?:^|; )hub=/);
  });

  test('knows a program by its token', async () => {
    const token = makeToken(hub, member('cid'), ['access:services!service=board']);
    const res = await signedInAs(hub, member('dan')).raw('get', 'services/board/', { Authorization: `token ${token}` });
    expect([res.status, (res.body as { visitor: string }).visitor]).toEqual([200, 'cid']);
  });

  test('D16: whoever may not use it gets 403 from the hub, and no code', async () => {
    const { res, way } = await follow(signedInAs(hub, makeUser(hub, 'eve')), 'services/board/');
    expect([res.status, way]).toEqual([403, ['/hub/api/oauth2/authorize']]);
  });

  test('D18: a callback without the state that the browser was given, with a foreign one or with a used one brings no token', async () => {
    const browser = signedInAs(hub, member('fay'));
    const spent: string[] = [];
    await browser.get('services/board/');
    const state = browser.cookies.get('service-board-oauth-state') ?? '';
    const asked = await browser.get(`hub/api/oauth2/authorize?client_id=service-board&redirect_uri=${encodeURIComponent('/services/board/oauth_callback')}&response_type=code&state=${state}`);
    const back = new URL(String(asked.headers['location']), hub.origin);
    for (const wrong of [undefined, 'foreign']) {
      const query = new URLSearchParams(back.searchParams);
      if (wrong === undefined) query.delete('state');
      else query.set('state', wrong);
      expect((await browser.get(`services/board/oauth_callback?${query}`)).status).toBe(400);
    }
    expect((await browser.get(`services/board/oauth_callback${back.search}`)).status).toBe(302);
    spent.push(browser.cookies.get('service-board') ?? '');
    expect((await browser.get(`services/board/oauth_callback${back.search}`)).status).toBe(400);
    expect(browser.cookies.get('service-board')).toBe(spent[0]);
  });

  test('its visitors are nobody any more once they signed out of the hub', async () => {
    const browser = signedInAs(hub, member('gil'));
    await follow(browser, 'services/board/');
    const cookie = `service-board=${browser.cookies.get('service-board') ?? ''}`;
    await browser.post('hub/logout');
    const res = await browser.raw('get', 'services/board/', { Cookie: cookie });
    expect([res.status, String(res.headers['location'])]).toEqual([302, expect.stringContaining('/hub/api/oauth2/authorize')]);
  });
});
