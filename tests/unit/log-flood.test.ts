import { createLog } from '../../hub/log';
import { createFloodGate } from '../../hub/log-flood';

test('Q11: a thousand refusals in a second become a hundred lines, and the next line counts the rest', () => {
  let now = 0;
  const gate = createFloodGate(() => now);
  const written = Array.from({ length: 1_000 }, () => gate.admit('request')).filter(({ write }) => write);
  expect(written).toHaveLength(100);
  expect(gate.admit('something else')).toEqual({ write: true, left: 0 });
  now = 1_000;
  expect(gate.admit('request')).toEqual({ write: true, left: 900 });
  expect(gate.admit('request')).toEqual({ write: true, left: 0 });
});

test('Q11: ten minutes of a thousand refusals a second are less than 100 MB of log', () => {
  let bytes = 0;
  const log = createLog({ level: 'info', file: null, to: { write: (line: string) => void (bytes += line.length) } });
  const fields = { requestId: 'a1b2c3d4e5f6-zzzz', method: 'GET', path: '/x'.repeat(128), handler: 'unmatched', status: 404, ms: 1, address: '2001:db8::1', user: 'somebody' };
  for (let i = 0; i < 5_000; i += 1) log.info(fields, 'request');
  // As many lines as fit into the seconds that this took, and each no longer than this.
  const longest = JSON.stringify({ level: 'info', time: new Date().toISOString(), ...fields, leftOut: 1_000_000, msg: 'request' }).length + 1;
  expect(longest * 100 * 600).toBeLessThan(100 * 1024 * 1024);
  expect(bytes).toBeLessThan(5_000 * longest);
  expect(bytes).toBeGreaterThan(0);
});
