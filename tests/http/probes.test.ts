import { createBrowser, signedInAs } from '../support/login';
import { makeUser } from '../support/factories';
import { startHub } from '../support/start-hub';

test('Q12: the hub says that it is alive without store and engine, and that it is not ready', async () => {
  const hub = await startHub();
  try {
    const ask = async (path: string): Promise<number> => (await createBrowser(hub).raw('get', path)).status;
    expect([await ask('hub/health'), await ask('hub/ready')]).toEqual([200, 200]);
    hub.spawner.check = () => Promise.reject(new Error('no engine'));
    hub.store.close();
    expect([await ask('hub/health'), await ask('hub/ready')]).toEqual([200, 503]);
  } finally {
    await hub.close();
  }
});

test('H12: nothing that repeats what was asked beside a token is compressed, and no other page or answer either', async () => {
  const hub = await startHub();
  try {
    const browser = signedInAs(hub, makeUser(hub, 'alice'));
    for (const path of ['hub/login?next=%2Fhub%2Fhome', 'hub/home', 'hub/spawn?profile=x', 'hub/password', 'hub/api/user']) {
      const { headers } = await browser.get(path, { 'Accept-Encoding': 'gzip, br, deflate' });
      expect([path, headers['content-encoding']]).toEqual([path, undefined]);
    }
  } finally {
    await hub.close();
  }
});

test('H12: static files, which are the same for everybody, are compressed as their reader takes them, and caches keep the forms apart', async () => {
  const hub = await startHub();
  try {
    const ask = (accepted: string) => fetch(`${hub.origin}/hub/static/uplot.js`, { headers: { 'Accept-Encoding': accepted } });
    const plain = await ask('identity').then(async (res) => ({ encoding: res.headers.get('content-encoding'), vary: res.headers.get('vary'), length: Number(res.headers.get('content-length')), text: await res.text() }));
    expect([plain.encoding, plain.vary, plain.length]).toEqual([null, expect.stringContaining('Accept-Encoding'), Buffer.byteLength(plain.text)]);
    for (const [accepted, encoding] of [['gzip, deflate, br', 'br'], ['gzip', 'gzip'], ['br;q=0, gzip;q=0.5', 'gzip']] as const) {
      const res = await ask(accepted);
      expect([res.headers.get('content-encoding'), res.headers.get('vary')]).toEqual([encoding, expect.stringContaining('Accept-Encoding')]);
      expect(Number(res.headers.get('content-length'))).toBeLessThan(plain.length / 2);
      expect(await res.text()).toBe(plain.text);
    }
    const picture = await fetch(`${hub.origin}/hub/static/nothing.png`, { headers: { 'Accept-Encoding': 'br' } });
    expect([picture.status, picture.headers.get('content-encoding')]).toEqual([404, null]);
  } finally {
    await hub.close();
  }
});

test('H13: a static file is given whole whatever ranges are asked for, and its headers without it', async () => {
  const hub = await startHub();
  try {
    const whole = await createBrowser(hub).raw('get', 'hub/static/hub.css');
    for (const Range of ['bytes=0-1', `bytes=${Array.from({ length: 1_000 }, (_, i) => `${i}-${i + 1}`).join(',')}`, 'bytes=5-2']) {
      const some = await createBrowser(hub).raw('get', 'hub/static/hub.css', { Range });
      expect([some.status, some.text]).toEqual([200, whole.text]);
    }
    const head = await createBrowser(hub).raw('get', 'hub/static/hub.css').then(() => fetch(`${hub.origin}/hub/static/hub.css`, { method: 'HEAD', headers: { 'Accept-Encoding': 'identity' } }));
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(Buffer.byteLength(whole.text)), '']);
  } finally {
    await hub.close();
  }
});
