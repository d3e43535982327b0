import { always, onceThenEnd } from '../support/hostile-upstream';
import type { Script } from '../support/hostile-upstream';
import { exchange, rawClient } from '../support/raw-client';
import { useProxyPair } from '../support/proxy-pair';
import { eventually, get } from '../support/start-proxy';

const pair = useProxyPair();

/** Whatever alice's server does, bob's page is served. */
async function othersAreFine(): Promise<void> {
  expect((await exchange(pair.hub.port, get('/user/bob/x', 'Host: hub.test\r\nCookie: hub=cookie-bob\r\n'))).status).toBe(200);
}

describe('F13: hostile status lines', () => {
  const rest = '\r\nContent-Length: 2\r\n\r\nhi';
  test.each([
    ['HTTP/1.1 099 X', 502], ['HTTP/1.1 000 X', 502], ['HTTP/1.1 1000 X', 502], ['HTTP/1.1 abc X', 502], ['HTTP/1.1 600 X', 502], ['HTTP/1.1 999 X', 502], ['HTTP/1.1 150 X', 502],
    ['HTTP/1.1 200 O\x01K', 200], ['HTTP/1.1 200 caf\xe9', 200], ['HTTP/1.1 200', 200], ['NONSENSE', 502], ['HTTP/2.0 200 OK', 200], ['', 502],
  ])('F13: %j → %d or an error of the proxy\'s', async (line, status) => {
    pair.alice.script(onceThenEnd(Buffer.from(line + rest, 'latin1')));
    const started = performance.now();
    const client = rawClient(pair.hub.port, get('/user/alice/x'));
    const text = await client.until((t) => t.includes('\r\n\r\n'));
    client.destroy();
    // A hang would last as long as the limit for silence.
    expect(performance.now() - started).toBeLessThan(10_000);
    const got = Number(text.slice(9, 12));
    expect(status === 200 ? [200, 502] : [502, 503]).toContain(got);
    if (got === 200) expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    await othersAreFine();
  });
});

test('F13: a reason of 64 kB', async () => {
  pair.alice.script(onceThenEnd(`HTTP/1.1 200 ${'x'.repeat(65536)}\r\nContent-Length: 2\r\n\r\nhi`));
  const text = await rawClient(pair.hub.port, get('/user/alice/x', 'Host: hub.test\r\nCookie: hub=cookie-alice\r\nConnection: close\r\n')).closed();
  expect(text).toMatch(/^HTTP\/1.1 (?:200 OK|502 Bad Gateway)\r\n/);
  await othersAreFine();
});

test('F14: an unsolicited 101 is 502, and its connection is gone', async () => {
  for (const answer of ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello', 'HTTP/1.1 101 Switching Protocols\r\n\r\ngarbage']) {
    pair.alice.script(always(Buffer.from(answer, 'latin1')));
    const response = await exchange(pair.hub.port, get('/user/alice/x'));
    expect(response.status).toBe(502);
    await eventually(() => pair.alice.busy() === 0);
    await othersAreFine();
  }
});

describe('F15: upstreams that lie about framing', () => {
  const cases: Record<string, string> = {
    'CL and TE': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    'a body shorter than its length': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi',
    'a body shorter than its length, with close': 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nhi',
    'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi',
    'a header of 40 kB': `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\nContent-Length: 2\r\n\r\nhi`,
    'a control byte in a header': 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nhi',
    '5000 cookies': `HTTP/1.1 200 OK\r\n${'Set-Cookie: a=1\r\n'.repeat(5000)}Content-Length: 2\r\n\r\nhi`,
    'a cut chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi',
    'no last chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n',
    'a header cut off': 'HTTP/1.1 200 OK\r\nX: ',
  };
  test.each(Object.keys(cases))('F15: %s: 502, or an aborted connection, never a clean short body', async (name) => {
    pair.alice.script(onceThenEnd(Buffer.from(cases[name] ?? '', 'latin1')));
    const client = rawClient(pair.hub.port, get('/user/alice/x', 'Host: hub.test\r\nCookie: hub=cookie-alice\r\nConnection: close\r\n'));
    const text = await client.closed();
    if (/^HTTP\/1.1 200/.test(text)) {
      expect(client.failed()).toBe(true);
      expect(text).not.toMatch(/0\r\n\r\n$/);
    } else expect(text === '' || /^HTTP\/1.1 50[23] /.test(text)).toBe(true);
    await othersAreFine();
  });

  test('F15: bytes behind a response are nobody\'s response', async () => {
    pair.alice.script(always('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL'));
    expect((await exchange(pair.hub.port, get('/user/alice/x'))).body).toBe('hi');
    const second = await exchange(pair.hub.port, get('/user/alice/y'));
    expect(second.body).not.toBe('EVIL');
  });
});

describe('F16: informational responses', () => {
  test('F16: 103 is dropped and the final status is right', async () => {
    pair.alice.script(always('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'));
    expect((await exchange(pair.hub.port, get('/user/alice/x'))).status).toBe(201);
  });

  test('F16: 102 for ever does not lift the time limit', async () => {
    const trickle: Script = ({ socket }) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 100);
      socket.on('close', () => clearInterval(timer));
    };
    pair.alice.script(trickle);
    expect((await exchange(pair.hub.port, get('/user/alice/x'))).status).toBe(504);
  });
});

test('a silent upstream is 504', async () => {
  pair.alice.script(() => undefined);
  expect((await exchange(pair.hub.port, get('/user/alice/x'))).status).toBe(504);
});

describe('F21: a kept connection that the upstream closes as it is used again', () => {
  /** Answers once per connection, and resets the connection at the second request. */
  const resetsOnReuse: Script = (connection) => {
    let requests = 0;
    connection.socket.on('data', () => {
      requests += 1;
      if (requests === 1) connection.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
      else connection.socket.resetAndDestroy();
    });
  };

  test('F21: GET is asked again, once, on a new connection', async () => {
    pair.alice.script(resetsOnReuse);
    for (let i = 0; i < 6; i += 1) expect((await exchange(pair.hub.port, get('/user/alice/x'))).status).toBe(200);
    expect(pair.alice.connections.length).toBeGreaterThan(1);
  });

  test('F21: an upstream that always resets is asked twice, not more', async () => {
    pair.alice.script((connection) => void connection.socket.once('data', () => connection.socket.resetAndDestroy()));
    expect((await exchange(pair.hub.port, get('/user/alice/x'))).status).toBe(503);
    expect(pair.alice.requests()).toHaveLength(2);
  });

  test('F21: POST is never sent twice', async () => {
    pair.alice.script(resetsOnReuse);
    await exchange(pair.hub.port, get('/user/alice/x'));
    const post = 'POST /user/alice/x HTTP/1.1\r\nHost: hub.test\r\nAuthorization: token token-alice\r\nContent-Length: 2\r\n\r\nhi';
    expect((await exchange(pair.hub.port, post)).status).toBe(503);
    expect(pair.alice.requests().filter((head) => head.startsWith('POST'))).toHaveLength(1);
  });
});
