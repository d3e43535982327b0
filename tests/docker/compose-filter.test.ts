import { execFileSync } from 'node:child_process';
import { composeProject, type ComposeProject } from '../support/compose';
import { inContainer } from '../support/in-container';
import { connectKernel } from '../support/kernel-client';
import { PASSWORD } from '../support/hub-pages';
import { createBrowser } from '../support/login';
import { eventually } from '../support/test-engine';

jest.setTimeout(180_000);

let project: ComposeProject;
beforeAll(async () => {
  project = await composeProject('10.221.16.0/20', { filter: true });
  project.compose('up', '-d');
  await eventually('the hub has proven that labs are kept apart', () => fetch(`${project.url}/hub/ready`).then((answer) => answer.status === 200, () => false), 120_000);
});
afterAll(() => project?.dispose());

test('S07: a hub behind the filter has no way to the engine but the filter, and starts a server in which a cell runs', async () => {
  const browser = createBrowser({ origin: project.url, base: '/' });
  await browser.post('hub/bootstrap', { link: new URL(project.link() ?? '').searchParams.get('link') ?? '', password: PASSWORD, repeat: PASSWORD });
  const token = project.compose('exec', '-T', 'hub', 'berth', 'token', 'add', 'admin', '--note', 'test');
  const ask = (method: string, at: string): Promise<Response> => fetch(`${project.url}${at}`, { method, headers: { Authorization: `token ${token}` } });
  const started = await ask('POST', '/hub/api/users/admin/server');
  if (!started.ok) throw new Error(await started.text());
  await eventually('the server is ready', async () => (await ask('GET', '/user/admin/api/kernels')).status === 200, 60_000);
  const { id } = (await (await ask('POST', '/user/admin/api/kernels')).json()) as { readonly id: string };
  const kernel = await connectKernel(`${project.url}/user/admin/`, id, token);
  expect(await kernel.execute('print(6 * 7)')).toBe('42');
  kernel.close();
  expect(inContainer(project.lab('admin'), 'sh', '-c', 'ls /templates; cat /data/analytics/table.csv')).toMatch(/first_notebook[\s\S]*a,b/);

  expect(inContainer(project.hub(), 'sh', '-c', 'test -S /var/run/docker.sock && echo socket; stat -c %F /var/run/docker.sock')).toBe('character special file');
});

const RAW = `
const http = require('node:http');
const [method, path, body] = process.argv.slice(1);
const req = http.request({ socketPath: '/run/berth/docker.sock', method, path, headers: body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {} }, (res) => { res.resume(); res.on('end', () => console.log(res.statusCode)); });
req.end(body);`;

test('S07: whoever is in the hub\'s container gets no privileged container, no host folder and nobody else\'s things, and every refusal is in the filter\'s log', async () => {
  const asHub = (...args: readonly string[]): string => inContainer(project.hub(), 'node', '-e', RAW, ...args);
  expect(asHub('GET', '/version')).toBe('200');
  expect(asHub('POST', '/containers/create', JSON.stringify({ Image: 'debian:trixie-slim', HostConfig: { Privileged: true } }))).toBe('403');
  expect(asHub('POST', '/containers/create', JSON.stringify({ Image: 'debian:trixie-slim', HostConfig: { Binds: ['/:/host'] } }))).toBe('403');
  expect(asHub('GET', '/containers/json?all=1')).toBe('403');
  // Not even its own container, nor the filter's.
  expect(asHub('POST', `/containers/${project.hub()}/exec`, '{"Cmd":["id"]}')).toBe('403');
  expect(asHub('DELETE', `/containers/${project.hub()}?force=1`)).toBe('403');
  const filter = execFileSync('docker', ['ps', '-q', '--filter', 'label=com.docker.compose.service=docker-filter', '--filter', `volume=${project.network}_docker_filter`], { encoding: 'utf8' }).trim();
  expect(execFileSync('docker', ['logs', filter], { encoding: 'utf8' }).split('\n').filter((line) => line.includes('a call was refused')).length).toBeGreaterThanOrEqual(5);
  expect(execFileSync('docker', ['inspect', '--format', '{{.HostConfig.NetworkMode}} {{.Config.User}} {{.HostConfig.ReadonlyRootfs}}', filter], { encoding: 'utf8' }).trim()).toBe('none 1000:1000 true');
});
