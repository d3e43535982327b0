import path from 'node:path';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import type { Handle } from '../../hub/domain/server';
import type { User } from '../../hub/domain/user';
import { openStore } from '../../hub/store/create-store';
import type { Store } from '../../hub/store/store';
import { makeToken, makeUser } from '../support/factories';
import { startHub, type TestHub } from '../support/start-hub';
import { inLab, pythonInLab, startTestEngine, type TestEngine } from '../support/test-engine';

jest.setTimeout(180_000);

const TEMPLATES = path.resolve(__dirname, '../../templates');
const SLUGS = ['alpha_research', 'backtest_review', 'factor_analysis', 'first_notebook'];
const LIMITS = { cpus: 2, memory: '2G', pids: 256 };
const profile = (mode: string) => ({ slug: mode, title: mode, image: 'berth/notebook:latest', mode, limits: LIMITS });

let engine: TestEngine;
let store: Store;
let hub: TestHub;

beforeAll(async () => {
  engine = await startTestEngine({ networkPool: '10.225.0.0/16', internalPort: 8081, templatesDir: TEMPLATES });
  store = openStore(':memory:');
  hub = await startHub({ settings: { profiles: [profile('injected'), profile('singleuser')], paths: { templates: TEMPLATES }, server: { stopGrace: '1s', startTimeout: '90s' } }, overrides: { store, spawner: engine.another(), slowMs: 90_000 } });
});
afterAll(async () => {
  for (const { id } of store.users.list({ offset: 0, limit: 10 }).users) await hub.hub.services.servers.stopAllOf(id);
  await hub.close();
  store.close();
  await engine.close();
});

interface Lab {
  readonly handle: Handle;
  readonly copy: (template: string) => Promise<readonly [number, unknown]>;
  readonly files: () => Promise<readonly string[]>;
}

async function startWith(user: User, options: object): Promise<Lab> {
  const headers = { authorization: `token ${makeToken({ ...hub, store }, user)}`, 'content-type': 'application/json' };
  const send = (url: string, body: object): Promise<Response> => fetch(`${hub.origin}/hub/api/users/${user.name}/${url}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await send('server', { user_options: options });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  const { state } = store.servers.ensure(user.id, DEFAULT_SERVER);
  if (state.kind !== 'ready') throw new Error(state.kind);
  const copy = async (template: string) => {
    const made = await send('server/template', { template });
    return [made.status, ((await made.json()) as { path?: string; message?: string }).path] as const;
  };
  return { handle: state.handle, copy, files: async () => (await inLab(state.handle, 'sh', '-c', 'cd /home/jovyan/work && ls')).out.split('\n') };
}

/** Runs all cells as Jupyter does, and says what went wrong, and what the kernel complained about. */
const EXECUTE = (file: string): string => [
  'import nbformat, json',
  'from nbclient import NotebookClient',
  `nb = nbformat.read("/home/jovyan/work/${file}", 4)`,
  'nbformat.validate(nb)',
  'NotebookClient(nb, timeout=120, kernel_name="python3", resources={"metadata": {"path": "/home/jovyan/work"}}).execute()',
  'out = [o for c in nb.cells for o in c.get("outputs", [])]',
  'print(json.dumps({"ran": sum(c.get("execution_count") is not None for c in nb.cells), "code": sum(c.cell_type == "code" for c in nb.cells), "plots": sum("image/png" in o.get("data", {}) for o in out), "complaints": [o["text"][:300] for o in out if o.get("name") == "stderr"], "first": next(o["text"] for o in out if o.get("name") == "stdout")}))',
].join('\n');

interface Ran {
  readonly ran: number;
  readonly code: number;
  readonly plots: number;
  readonly complaints: readonly string[];
  readonly first: string;
}

test('each template is copied into the real JupyterLab, and every cell of it runs on the sample data that comes with it', async () => {
  const alice = makeUser({ store }, 'alice');
  const lab = await startWith(alice, { profile: 'injected', template: SLUGS[0] });
  expect(await lab.files()).toEqual(['alpha_research.ipynb']);
  expect((await inLab(lab.handle, 'sh', '-c', 'head -1 /data/wrds/crsp/daily/2024.csv; touch /data/wrds/x 2>&1')).out).toMatch(/^permno,date,ticker,prc,vol,ret,shrout\n.*Read-only file system$/s);
  for (const slug of SLUGS.slice(1)) expect(await lab.copy(slug)).toEqual([201, `${slug}.ipynb`]);
  for (const slug of SLUGS) {
    const ran = JSON.parse(await pythonInLab(lab.handle, EXECUTE(`${slug}.ipynb`))) as Ran;
    expect([slug, ran.code - ran.ran, ran.complaints]).toEqual([slug, 0, []]);
    expect(ran.plots).toBeGreaterThan(0);
    if (slug !== 'first_notebook') expect(ran.first).toContain('Loaded 7,830 rows: 30 stocks');
  }
});

test('in the real JupyterLab a copy replaces nothing: not what is there, not one that is made at the same moment, and no half of one is left', async () => {
  const bob = makeUser({ store }, 'bob');
  const lab = await startWith(bob, { profile: 'injected' });
  await inLab(lab.handle, 'sh', '-c', 'echo mine > /home/jovyan/work/first_notebook.ipynb; mkdir /home/jovyan/work/first_notebook-3.ipynb');
  const copies = await Promise.all(Array.from({ length: 3 }, () => lab.copy('first_notebook')));
  expect(copies.map(([status, file]) => `${status} ${String(file)}`).sort()).toEqual(['201 first_notebook-2.ipynb', '201 first_notebook-4.ipynb', '201 first_notebook-5.ipynb']);
  expect(await lab.files()).toEqual(['first_notebook-2.ipynb', 'first_notebook-3.ipynb', 'first_notebook-4.ipynb', 'first_notebook-5.ipynb', 'first_notebook.ipynb']);
  expect((await inLab(lab.handle, 'cat', '/home/jovyan/work/first_notebook.ipynb')).out).toBe('mine');
  await inLab(lab.handle, 'sh', '-c', 'chmod 555 /home/jovyan/work');
  expect((await lab.copy('first_notebook'))[0]).toBe(502);
  expect(await lab.files()).toHaveLength(5);
  expect((await inLab(lab.handle, 'stat', '-c', '%U:%G', '/home/jovyan/work/first_notebook-2.ipynb')).out).toBe('jovyan:users');
});

test('a server that signs its visitors in by itself gets its template too, by a token that is good for that server alone', async () => {
  const cyd = makeUser({ store }, 'cyd');
  const lab = await startWith(cyd, { profile: 'singleuser', template: 'factor_analysis' });
  expect(await lab.files()).toEqual(['factor_analysis.ipynb']);
  expect(await lab.copy('factor_analysis')).toEqual([201, 'factor_analysis-2.ipynb']);
});
