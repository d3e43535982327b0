import { makeUserWithPassword, PASSWORD } from '../support/factories';
import { createBrowser, type Browser } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

/** A hub of its own: what is throttled here must not be in the way of other tests. */
async function withHub(settings: Readonly<Record<string, unknown>>, work: (hub: TestHub, browser: Browser) => Promise<void>): Promise<void> {
  const hub = await startHub({ settings });
  try {
    await makeUserWithPassword(hub, 'alice');
    await work(hub, createBrowser(hub));
  } finally {
    await hub.close();
  }
}
const forged = (n: number) => ({ 'X-Forwarded-For': `203.0.113.${n}`, Forwarded: `for=198.51.100.${n}`, 'X-Real-IP': `203.0.113.${n}`, 'True-Client-IP': `203.0.113.${n}` });

describe('who is throttled', () => {
  it('A05: forged addresses change nothing: the socket counts', () =>
    withHub({}, async (_hub, browser) => {
      const statuses: number[] = [];
      for (let n = 1; n <= 8; n++) statuses.push((await browser.post('hub/login', { username: 'alice', password: `wrong password ${n}` }, forged(n))).status);
      expect(statuses).toEqual([403, 403, 403, 403, 403, 429, 429, 429]);
      const right = await browser.post('hub/login', { username: 'alice', password: PASSWORD }, forged(99));
      expect(right.status).toBe(429);
      expect(Number(right.headers['retry-after'])).toBeGreaterThan(0);
    }));

  it('A05: behind a trusted proxy the address it names counts, so that nobody pays for others', () =>
    withHub({ trustedProxies: ['127.0.0.1/32'] }, async (_hub, browser) => {
      for (let n = 1; n <= 6; n++) await browser.post('hub/login', { username: 'alice', password: `wrong password ${n}` }, { 'X-Forwarded-For': '203.0.113.7' });
      const blocked = await browser.post('hub/login', { username: 'alice', password: PASSWORD }, { 'X-Forwarded-For': '203.0.113.7' });
      const elsewhere = await browser.post('hub/login', { username: 'alice', password: PASSWORD }, { 'X-Forwarded-For': '203.0.113.8' });
      expect([blocked.status, elsewhere.status]).toEqual([429, 302]);
    }));
});
