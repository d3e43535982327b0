import { spawn } from 'node:child_process';
import fs from 'node:fs';
import type { IncomingMessage } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import type { Io } from '../../../hub/cli/io';
import { type Parts, runCli } from '../../../hub/cli/program';
import { databaseOf } from '../../../hub/docker-settings';
import { listenLocal, type LocalServer } from '../../../hub/local-socket';
import { INSTANCE, openStore } from '../../../hub/store/create-store';

let cwd: string;
let dataDir: string;
let hub: LocalServer | undefined;
const asked: string[] = [];

beforeEach(() => {
  cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-cli-'));
  dataDir = path.join(cwd, 'state');
  asked.length = 0;
});
afterEach(async () => {
  await hub?.close();
  hub = undefined;
  fs.rmSync(cwd, { recursive: true, force: true });
});

type Answers = Readonly<Record<string, readonly [number, unknown]>>;

/** A hub that answers what it is told to, at a real socket. Keys: `POST /hub/api/users/alice`. */
async function scripted(answers: Answers, base = '/'): Promise<void> {
  const bodyOf = async (req: IncomingMessage): Promise<string> => {
    let body = '';
    for await (const chunk of req) body += String(chunk);
    return body;
  };
  hub = await listenLocal(
    dataDir,
    (req, res) => {
      void bodyOf(req).then((body) => {
        const call = `${req.method} ${req.url}`;
        asked.push(body === '' ? call : `${call} ${body}`);
        const [status, answer] = answers[call] ?? [404, { status: 404, message: `No such thing: ${call}` }];
        res.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? undefined : JSON.stringify(answer));
      });
    },
    { url: `http://localhost:8000${base}` },
  );
}

async function run(args: readonly string[], opts: { readonly env?: Record<string, string>; readonly typed?: string; readonly parts?: Parts } = {}) {
  const out: string[] = [];
  const notes: string[] = [];
  const questions: string[] = [];
  const io: Io = {
    env: opts.env ?? {},
    cwd,
    out: (line) => void out.push(line),
    note: (line) => void notes.push(line),
    ask: (question) => {
      questions.push(question);
      return opts.typed === undefined ? Promise.reject(new Error('asked without need')) : Promise.resolve(opts.typed);
    },
  };
  const code = await runCli(args, io, opts.parts);
  return { code, out, notes, questions };
}

const alice = { kind: 'user', name: 'alice', admin: false, status: 'active', created: '2026-01-01T00:00:00Z', last_activity: null };
const bob = { ...alice, name: 'bob', status: 'pending' };

describe('users', () => {
  test('add prints the generated password alone, and the rest beside it', async () => {
    await scripted({ 'POST /hub/api/users/alice': [201, { ...alice, admin: true, password: 'correct-horse' }] });
    const { code, out, notes } = await run(['user', 'add', 'alice', '--admin']);
    expect({ code, out }).toEqual({ code: 0, out: ['correct-horse'] });
    expect(notes.join()).toContain('Password of alice, shown only now');
    expect(asked).toEqual(['POST /hub/api/users/alice {"admin":true}']);
  });

  test('names are escaped into the path', async () => {
    await scripted({ 'POST /hub/api/users/a%2Fb%20c/approve': [200, alice] });
    expect((await run(['user', 'approve', 'a/b c'])).code).toBe(0);
  });

  test('the base path of the running hub is used', async () => {
    await scripted({ 'POST /jupyterhub/hub/api/users/alice/disable': [200, alice] }, '/jupyterhub/');
    expect(await run(['user', 'disable', 'alice'])).toMatchObject({ code: 0, out: ['alice is disabled.'] });
  });

  test.each([
    ['approve', 'approve', 'alice may sign in now.'],
    ['disable', 'disable', 'alice is disabled.'],
    ['enable', 'enable', 'alice may sign in again.'],
  ])('%s asks the hub and says what happened', async (verb, path_, said) => {
    await scripted({ [`POST /hub/api/users/alice/${path_}`]: [200, alice] });
    expect(await run(['user', verb, 'alice'])).toMatchObject({ code: 0, out: [said] });
  });

  test('passwd prints the new password', async () => {
    await scripted({ 'POST /hub/api/users/alice/reset-password': [200, { ...alice, password: 'fresh-one' }] });
    expect(await run(['user', 'passwd', 'alice'])).toMatchObject({ code: 0, out: ['fresh-one'] });
  });

  test('list shows a table, those that wait, or JSON', async () => {
    await scripted({ 'GET /hub/api/users?offset=0&limit=200': [200, [alice, bob]] });
    expect((await run(['user', 'list'])).out).toEqual(['NAME   STATUS   ADMIN  LAST ACTIVITY', 'alice  active   no     never', 'bob    pending  no     never']);
    expect((await run(['user', 'list', '--pending'])).out).toHaveLength(2);
    expect(JSON.parse((await run(['user', 'list', '--json'])).out.join('\n'))).toEqual([alice, bob]);
  });

  test('list follows every page', async () => {
    const page = Array.from({ length: 200 }, (_, i) => ({ ...alice, name: `u${i}` }));
    await scripted({ 'GET /hub/api/users?offset=0&limit=200': [200, page], 'GET /hub/api/users?offset=200&limit=200': [200, page], 'GET /hub/api/users?offset=400&limit=200': [200, [bob]] });
    expect((await run(['user', 'list'])).out).toHaveLength(402);
  });

  test('a name cannot move the cursor of the terminal', async () => {
    await scripted({ 'GET /hub/api/users?offset=0&limit=200': [200, [{ ...alice, name: 'a\u001b[2Jb' }]] });
    expect((await run(['user', 'list'])).out.join()).not.toContain('\u001b');
  });

  describe('delete', () => {
    test('wants to know what becomes of the volumes', async () => {
      expect(await run(['user', 'delete', 'alice'])).toMatchObject({ code: 2 });
      expect(await run(['user', 'delete', 'alice', '--volumes', 'maybe'])).toMatchObject({ code: 2 });
    });

    test('keeps them without asking', async () => {
      await scripted({ 'DELETE /hub/api/users/alice?volumes=keep': [204, null] });
      expect(await run(['user', 'delete', 'alice', '--volumes', 'keep'])).toMatchObject({ code: 0, questions: [] });
    });

    test('removes them once the name is typed, or --yes is given', async () => {
      await scripted({ 'DELETE /hub/api/users/alice?volumes=remove': [204, null] });
      expect(await run(['user', 'delete', 'alice', '--volumes', 'remove'], { typed: 'alice' })).toMatchObject({ code: 0 });
      expect(await run(['user', 'delete', 'alice', '--volumes', 'remove', '--yes'])).toMatchObject({ code: 0, questions: [] });
    });

    test('removes nothing when another name is typed', async () => {
      await scripted({});
      expect(await run(['user', 'delete', 'alice', '--volumes', 'remove'], { typed: 'yes' })).toMatchObject({ code: 1, notes: ['That is another name: nothing was deleted.'] });
      expect(asked).toEqual([]);
    });
  });
});

describe('tokens', () => {
  const token = { kind: 'api_token', id: 't1', note: 'ci', scopes: ['inherit'], created: '2026-01-01T00:00:00Z', last_activity: null, expires_at: '2026-02-01T00:00:00Z' };

  test('add sends note, lifetime in seconds and scopes, and prints the secret alone', async () => {
    await scripted({ 'POST /hub/api/users/alice/tokens': [201, { ...token, token: 's3cret' }] });
    const { out, notes } = await run(['token', 'add', 'alice', '--note', 'ci', '--expires', '2h', '--scope', 'self', '--scope', 'read:users']);
    expect(out).toEqual(['s3cret']);
    expect(notes.join()).toContain('it ends 2026-02-01T00:00:00Z');
    expect(asked).toEqual(['POST /hub/api/users/alice/tokens {"note":"ci","expires_in":7200,"scopes":["self","read:users"]}']);
  });

  test('a lifetime that is no duration is a mistake in the command', async () => {
    expect(await run(['token', 'add', 'alice', '--expires', 'soon'])).toMatchObject({ code: 2, notes: [expect.stringContaining('Use a duration such as 90m'), expect.anything()] as unknown });
  });

  test('list and revoke', async () => {
    await scripted({ 'GET /hub/api/users/alice/tokens': [200, { api_tokens: [token] }], 'DELETE /hub/api/users/alice/tokens/t1': [204, null] });
    expect((await run(['token', 'list', 'alice'])).out[1]).toMatch(/^t1 {2}ci {4}2026-01-01T00:00:00Z {2}never/);
    expect(JSON.parse((await run(['token', 'list', 'alice', '--json'])).out.join('\n'))).toEqual([token]);
    expect(await run(['token', 'revoke', 'alice', 't1'])).toMatchObject({ code: 0, out: ['Token t1 is revoked.'] });
  });
});

describe('exit codes', () => {
  test('1 and the hub\'s own sentence when it refuses', async () => {
    await scripted({ 'POST /hub/api/users/alice': [409, { status: 409, message: 'User alice already exists' }] });
    expect(await run(['user', 'add', 'alice'])).toMatchObject({ code: 1, out: [], notes: ['User alice already exists'] });
  });

  test('1 when the hub is not running', async () => {
    expect(await run(['user', 'list'])).toMatchObject({ code: 1, notes: ['The hub is not running (start it with `npm start`).'] });
  });

  test.each([[['nonsense']], [['user']], [['user', 'add']], [['user', 'add', 'a', '--nope']], [[]]])('2 for %j', async (args) => {
    const { code, notes } = await run(args);
    expect(code).toBe(2);
    expect(notes.join('\n')).not.toBe('');
  });

  test('0 for --version', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, out: [expect.stringMatching(/^\d+\.\d+\.\d+$/)] as unknown });
  });

  test.each([
    ['start'],
    ['down'],
    ...['add', 'list', 'approve', 'passwd', 'disable', 'enable', 'delete'].map((verb) => ['user', verb]),
    ...['add', 'list', 'revoke'].map((verb) => ['token', verb]),
    ...['check', 'show'].map((verb) => ['config', verb]),
    ...['build', 'pull', 'push'].map((verb) => ['images', verb]),
  ])('%p %p has a help with an example', async (...command) => {
    const { code, out } = await run([...command.filter((word) => typeof word === 'string'), '--help']);
    expect(code).toBe(0);
    expect(out.join('\n')).toMatch(/Examples?:\n {2}(HUB_\S+ )?berth /);
  });
});

describe('config', () => {
  test('N12: check names every mistake and ends with 1', async () => {
    const { code, notes } = await run(['config', 'check'], { env: { HUB_SERVER_CAP: 'x', HUB_SINGUP: 'open' } });
    expect(code).toBe(1);
    expect(notes).toEqual(['The configuration has 2 problems:', '  HUB_SINGUP: no such setting; did you mean HUB_SIGNUP?', '  server.cap (HUB_SERVER_CAP): expected a whole number, or 0 for none']);
  });

  test('check says what would happen', async () => {
    expect((await run(['config', 'check'])).out.join()).toContain('http://localhost:8000/');
  });

  test('show tells value and source', async () => {
    const env = { HUB_SERVER_CAP: '7' };
    expect((await run(['config', 'show'], { env })).out.find((line) => line.startsWith('server.cap'))).toMatch(/^server\.cap +7 +HUB_SERVER_CAP$/);
    const rows = JSON.parse((await run(['config', 'show', '--json'], { env })).out.join('\n')) as { setting: string }[];
    expect(rows.find((row) => row.setting === 'server.cap')).toEqual({ setting: 'server.cap', variable: 'HUB_SERVER_CAP', value: 7, source: 'HUB_SERVER_CAP' });
  });
});

describe('images', () => {
  const calls: unknown[] = [];
  const note = (...call: unknown[]): Promise<void> => {
    calls.push(call);
    return Promise.resolve();
  };
  const images = () => ({
    IMAGES: { notebook: { tag: 'berth/notebook:latest' }, test: { tag: 't' } },
    build: ({ which }: { which: string }) => note('build', which).then(() => ({ tag: `${which}:built` })),
    pull: (ref: string) => note('pull', ref),
    push: (ref: string) => note('push', ref),
  });
  beforeEach(() => void calls.splice(0));

  test('build, pull and push use the bootstrap\'s own functions', async () => {
    expect(await run(['images', 'build'], { parts: { images } })).toMatchObject({ code: 0, out: ['notebook:built is built.'] });
    await run(['images', 'pull'], { parts: { images }, env: { DOCKER_NOTEBOOK_IMAGE: 'r.example/n:1' } });
    await run(['images', 'push', 'r.example/m:2'], { parts: { images } });
    expect(calls).toEqual([['build', 'notebook'], ['pull', 'r.example/n:1'], ['push', 'r.example/m:2']]);
  });

  test('an unknown name is a mistake in the command', async () => {
    expect(await run(['images', 'build', 'nothing'], { parts: { images } })).toMatchObject({ code: 2 });
  });

  test('the functions of the bootstrap are the ones that are expected', () => {
    const real = require('../../../scripts/bootstrap/images.cjs') as Record<string, unknown>;
    expect(real).toMatchObject({ IMAGES: { notebook: { tag: 'berth/notebook:latest' } }, build: expect.any(Function) as unknown, pull: expect.any(Function) as unknown, push: expect.any(Function) as unknown });
  });
});

describe('down', () => {
  const removed: unknown[] = [];
  const parts: Parts = {
    teardown: {
      removeAll: (_config, instance, { volumes }) => {
        removed.push({ instance, volumes });
        return Promise.resolve();
      },
    },
  };
  let instance: string | undefined;
  beforeEach(() => {
    removed.length = 0;
    const store = openStore(databaseOf({ dataDir }));
    instance = store.meta.get(INSTANCE);
    store.close();
    expect(instance).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('removes what this instance made and keeps the data', async () => {
    const { code, out } = await run(['down'], { parts });
    expect(code).toBe(0);
    expect(removed).toEqual([{ instance, volumes: false }]);
    expect(out.join()).toContain('are kept');
    expect(fs.existsSync(databaseOf({ dataDir }))).toBe(true);
  });

  test('deletes data once the hub\'s name is typed', async () => {
    expect(await run(['down', '--data'], { parts, typed: 'localhost:8000' })).toMatchObject({ code: 0, questions: [expect.stringContaining('Type localhost:8000')] as unknown });
    expect(removed).toEqual([{ instance, volumes: true }]);
    expect(fs.existsSync(dataDir)).toBe(false);
  });

  test('takes the confirmation beforehand, for scripts', async () => {
    expect(await run(['down', '--data', '--yes-delete-data', 'localhost:8000'], { parts })).toMatchObject({ code: 0, questions: [] });
    expect(fs.existsSync(dataDir)).toBe(false);
  });

  test('does nothing at all when the name is another, or the confirmation has nothing to confirm', async () => {
    expect((await run(['down', '--data'], { parts, typed: 'yes' })).code).toBe(1);
    expect((await run(['down', '--data', '--yes-delete-data', 'example.org'], { parts })).code).toBe(1);
    expect((await run(['down', '--yes-delete-data', 'localhost:8000'], { parts })).code).toBe(1);
    expect(removed).toEqual([]);
    expect(fs.existsSync(databaseOf({ dataDir }))).toBe(true);
  });

  test('leaves files that are not the hub\'s where they are', async () => {
    fs.writeFileSync(path.join(dataDir, 'thesis.tex'), 'x');
    const { out } = await run(['down', '--data', '--yes-delete-data', 'localhost:8000'], { parts });
    expect(fs.readdirSync(dataDir)).toEqual(['thesis.tex']);
    expect(out.join()).toContain('still holds thesis.tex');
  });

  test('without any hub says so', async () => {
    fs.rmSync(dataDir, { recursive: true });
    expect(await run(['down'], { parts })).toMatchObject({ code: 0, out: [expect.stringContaining('nothing to remove')] as unknown });
    expect(fs.existsSync(dataDir)).toBe(false);
  });

  test('stops a running hub first, and waits until it is gone', async () => {
    const hubJs = `const http=require('node:http');const fs=require('node:fs');
      const s=http.createServer((q,r)=>r.end('{"version":"5.2.1"}'));
      s.listen(${JSON.stringify(path.join(dataDir, 'hub.sock'))},()=>{
        fs.writeFileSync(${JSON.stringify(path.join(dataDir, 'hub.json'))},JSON.stringify({pid:process.pid,url:'http://localhost:8000/',socket:${JSON.stringify(path.join(dataDir, 'hub.sock'))}}));
        process.stdout.write('up')});
      process.on('SIGTERM',()=>s.close(()=>process.exit(0)));`;
    const child = spawn(process.execPath, ['-e', hubJs], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const { code, notes } = await run(['down'], { parts });
    expect({ code, notes }).toEqual({ code: 0, notes: [`Stopping the hub (process ${child.pid}).`] });
    await expect(ended).resolves.toBe(0);
    expect(removed).toHaveLength(1);
  });

  test('never signals a process that does not answer, whatever a leftover hub.json says', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(()=>{},1000)'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    try {
      fs.writeFileSync(path.join(dataDir, 'hub.json'), JSON.stringify({ pid: child.pid, url: 'http://localhost:8000/', socket: path.join(dataDir, 'hub.sock') }));
      expect((await run(['down'], { parts })).notes).toEqual(['The hub is not running.']);
      expect({ exitCode: child.exitCode, signalCode: child.signalCode }).toEqual({ exitCode: null, signalCode: null });
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });
});
