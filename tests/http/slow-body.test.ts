import { connect } from 'node:net';
import { createFakeClock } from '../support/fake-clock';
import { startHub } from '../support/start-hub';

test.each(['/hub/login', '/hub/api/users'])('Q02: a body for %s that never ends is cut off after 30 s, and not before', async (path) => {
  const clock = createFakeClock();
  const hub = await startHub({ clock });
  try {
    const { host, port } = new URL(hub.origin);
    const socket = connect(Number(port), '127.0.0.1');
    let closed = false;
    socket.on('close', () => (closed = true)).on('error', () => undefined).resume();
    socket.write(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nusername=a`);
    let waited = 0;
    for (; !closed && waited < 120; waited += 1) {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1_000);
    }
    socket.destroy();
    expect(waited).toBeGreaterThanOrEqual(29);
    expect(waited).toBeLessThan(60);
  } finally {
    await hub.close();
  }
});
