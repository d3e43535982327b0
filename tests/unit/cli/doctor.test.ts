import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCli } from '../../../hub/cli/program';
import { listenLocal } from '../../../hub/local-socket';
import type { SpawnerCheck } from '../../../spawner/spawner';

const at = '2026-01-05T08:00:00Z';
const FINE = { name: 'host', ok: true, level: 'required', detail: 'A lab reaches no address of this host.', at, ms: 2003 } as const;
const WEAK = { name: 'versions', ok: false, level: 'advice', detail: 'runc 1.1.5 has CVE-2024-21626.', at, ms: 10 } as const;
const BAD = { name: 'neighbours', ok: false, level: 'required', detail: 'A lab reaches a neighbour.', at, ms: 1 } as const;

let cwd: string;
beforeEach(() => (cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-doctor-'))));
afterEach(() => fs.rmSync(cwd, { recursive: true, force: true }));

async function run(args: readonly string[], check?: SpawnerCheck) {
  const out: string[] = [];
  const notes: string[] = [];
  const io = { env: {}, cwd, out: (line: string) => void out.push(line), note: (line: string) => void notes.push(line), ask: () => Promise.reject(new Error('asked')) };
  const code = await runCli(['doctor', ...args], io, { physician: { check: () => (check === undefined ? Promise.reject(new Error('not to be asked')) : Promise.resolve(check)) } });
  return { code, out, notes };
}

/** Does `work` while a hub answers on the local socket. */
async function whileHubSays(answer: object, work: () => Promise<void>): Promise<string[]> {
  const asked: string[] = [];
  const hub = await listenLocal(path.join(cwd, 'state'), (req, res) => {
    asked.push(`${req.method} ${req.url}`);
    req.resume();
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }, { url: 'http://localhost:8000/base/' });
  await work().finally(() => hub.close());
  return asked;
}

test('a hub that runs does the checks, and each is printed with its time', async () => {
  const asked = await whileHubSays({ ok: true, checks: [FINE, WEAK] }, async () => {
    const { code, out } = await run([]);
    expect(code).toBe(0);
    expect(out[1]).toMatch(/^ok +host +2026-01-05T08:00:00Z +2\.0 s +A lab reaches no address/);
    expect(out[2]).toMatch(/^weak +versions .* CVE-2024-21626/);
  });
  expect(asked).toEqual(['POST /base/hub/api/admin/health/checks']);
});

test('without a hub the checks are done here, and a required one that fails ends with 1', async () => {
  const { code, out, notes } = await run([], { ok: false, checks: [FINE, BAD, WEAK] });
  expect(code).toBe(1);
  expect(out.map((line) => line.split(' ')[0])).toEqual(['', 'ok', 'FAIL', 'weak']);
  expect(notes).toEqual(['The hub is not running: the checks are done from here.', 'Not proven: neighbours.']);
});

test('for programs it is JSON, also when something fails', async () => {
  const { code, out } = await run(['--json'], { ok: false, checks: [BAD] });
  expect([code, JSON.parse(out.join('\n'))]).toEqual([1, { ok: false, checks: [{ ...BAD, at: expect.any(String) }] }]);
});
