import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { HubError } from '../../hub/domain/errors';
import { createLog } from '../../hub/log';
import { openLineWriter } from '../../hub/log-file';

function recorded(level: 'debug' | 'info' | 'warn' | 'error' = 'debug') {
  const lines: string[] = [];
  return { lines, log: createLog({ level, file: null, to: { write: (line) => void lines.push(line) } }), last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

test('a line is one JSON object with level, time, fields and message', () => {
  const { log, lines, last } = recorded();
  log.info({ user: 'alice', ms: 12, at: new Date(0) }, 'server ready');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\{.*\}\n$/);
  expect(last()).toEqual({ level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string, user: 'alice', ms: 12, at: '1970-01-01T00:00:00.000Z', msg: 'server ready' });
});

test('less important lines than the level are not written', () => {
  const { log, lines } = recorded('warn');
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.error({}, 'd');
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['c', 'd']);
});

test('a child carries its fields into every line, and so do its own children', () => {
  const { log, last } = recorded();
  log.child({ reqId: 'r1' }).child({ user: 'alice' }).warn({ status: 503 }, 'refused');
  expect(last()).toMatchObject({ reqId: 'r1', user: 'alice', status: 503, msg: 'refused' });
});

test('an error is written with its kind, its stack and its causes', () => {
  const { log, last } = recorded();
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  log.error({ err: new HubError('unavailable', 'No engine.', { cause, details: { engine: 'x' } }) }, 'start failed');
  expect(last().err).toMatchObject({ type: 'HubError', code: 'unavailable', message: 'No engine.', stack: expect.stringContaining('log.test') as string, details: { engine: 'x' }, cause: { type: 'Error', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' } });
});

test('an error that is its own cause, and a cyclic field, do not stop the log', () => {
  const { log, last } = recorded();
  const err = new Error('loop');
  err.cause = err;
  const cyclic: Record<string, unknown> = { name: 'c' };
  cyclic.self = cyclic;
  log.error({ err, cyclic }, 'odd');
  expect(last()).toMatchObject({ msg: 'odd', err: { message: 'loop' }, cyclic: { name: 'c' } });
});

describe('R08: credentials are never written', () => {
  const secret = 'hunter2hunter2';
  test.each([
    ['a cookie header', { headers: { cookie: `__Host-hub=${secret}` } }],
    ['a cookie that is set', { headers: { 'Set-Cookie': [`a=${secret}`] } }],
    ['an authorization header, deep down', { req: { upstream: { headers: { authorization: `token ${secret}` } } } }],
    ['a token', { token: secret }],
    ['a password in a list', { users: [{ name: 'a', password: secret }] }],
    ['a server secret', { server: { secret } }],
    ['an XSRF token', { _xsrf: secret }],
    ['a query', { url: `/user/a/lab?token=${secret}&x=1` }],
    ['a one-time link', { url: `http://localhost:8000/hub/bootstrap?link=${secret}` }],
    ['a bearer in a sentence', { detail: `sent Authorization: Bearer ${secret} to it` }],
    ['an address with a password', { host: `tcp://me:${secret}@engine:2375` }],
    ['an error message', { err: new Error(`GET /?token=${secret} failed`) }],
    ['a field of an error', { err: Object.assign(new Error('x'), { config: { headers: { Authorization: secret } } }) }],
    ['bytes', { body: Buffer.from(secret) }],
  ])('neither %s', (_, fields) => {
    const { log, lines } = recorded();
    log.info(fields, 'something');
    log.child(fields).info({}, 'something');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain(secret);
  });

  test('while what only sounds like one is kept', () => {
    const { log, last } = recorded();
    log.info({ tokenId: 't1', token: null, path: '/user/a/api/contents' }, 'used');
    expect(last()).toMatchObject({ tokenId: 't1', token: null, path: '/user/a/api/contents' });
  });
});

test('a file is appended to, is private, and is complete after close', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-log-'));
  try {
    const file = path.join(folder, 'logs', 'hub.log');
    for (const message of ['first', 'second']) {
      const log = createLog({ level: 'info', file });
      log.info({}, message);
      const closed = log.close();
      log.info({}, 'too late');
      await closed;
      await log.close();
    }
    expect(fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['first', 'second']);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('a full disk costs lines, not the hub, and is said once', async () => {
  const problems: string[] = [];
  const writer = openLineWriter('/dev/full', (problem) => void problems.push(problem));
  writer.write('a\n');
  writer.write('b\n');
  await writer.close();
  expect(problems).toEqual([expect.stringContaining('ENOSPC')]);
});
