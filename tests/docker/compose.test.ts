import { execFileSync } from 'node:child_process';
import { LABEL } from '../../spawner/labels';
import { composeProject, type ComposeProject } from '../support/compose';
import { addressOf, hostAddresses, inContainer, openPorts, reachedFrom, startedAt, type Target } from '../support/in-container';
import { connectKernel } from '../support/kernel-client';
import { createBrowser, type Browser } from '../support/login';
import { PASSWORD } from '../support/hub-pages';
import { eventually, TEST_IMAGE } from '../support/test-engine';

jest.setTimeout(180_000);

const INTERNAL_PORT = 8081;

let project: ComposeProject;
let browser: Browser;
let token: string;
let server: string;
let kernel: string;

const ask = (method: string, at: string): Promise<Response> => fetch(`${project.url}${at}`, { method, headers: { Authorization: `token ${token}` } });
const healthy = (): Promise<void> => eventually('the hub answers', () => fetch(`${project.url}/hub/health`).then((answer) => answer.status === 200, () => false), 60_000);
const inKernel = async (code: string): Promise<string> => {
  await eventually('the server is reachable', async () => (await ask('GET', `/user/admin/api/kernels/${kernel}`)).status === 200, 60_000);
  const client = await connectKernel(server, kernel, token);
  try {
    return await client.execute(code);
  } finally {
    client.close();
  }
};
/** The hub's address in the network of the lab. */
const hubInLab = (): string => inContainer(project.lab('admin'), 'python3', '-c', "import socket; print(socket.gethostbyname('hub'))");

beforeAll(async () => {
  project = await composeProject('10.221.0.0/20');
  project.compose('up', '-d');
  await healthy();
  await eventually('the hub has proven that labs are kept apart', () => fetch(`${project.url}/hub/ready`).then((answer) => answer.status === 200), 60_000);
  browser = createBrowser({ origin: project.url, base: '/' });
});
afterAll(() => project?.dispose());

describe('a hub that docker-compose runs', () => {
  test('prints its one-time link to the container\'s log, and the link makes the administrator', async () => {
    await eventually('the link is printed', () => project.link() !== undefined);
    const link = new URL(project.link() ?? '');
    expect(link.origin).toBe(project.url);
    const answer = await browser.post('hub/bootstrap', { link: link.searchParams.get('link') ?? '', password: PASSWORD, repeat: PASSWORD });
    expect([answer.status, (await browser.get('hub/home')).status]).toEqual([303, 200]);
  });

  test('is commanded from inside: users and tokens', () => {
    expect(project.compose('exec', '-T', 'hub', 'berth', 'user', 'list')).toMatch(/^admin\s/m);
    token = project.compose('exec', '-T', 'hub', 'berth', 'token', 'add', 'admin', '--note', 'test');
    expect(token).toMatch(/^\S{20,}$/);
  });

  test('starts a server, and a cell runs in it', async () => {
    const answer = await ask('POST', '/hub/api/users/admin/server');
    if (!answer.ok) throw new Error(await answer.text());
    server = `${project.url}/user/admin/`;
    await eventually('the server is ready', async () => (await ask('GET', '/user/admin/api/kernels')).status === 200, 60_000);
    kernel = ((await (await ask('POST', '/user/admin/api/kernels')).json()) as { readonly id: string }).id;
    expect(await inKernel('kept = 6 * 7; print(kept)')).toBe('42');
  });

  test('gives labs the folders of the host, read-only, by the engine\'s name for them', () => {
    expect(inContainer(project.lab('admin'), 'sh', '-c', 'ls /templates; cat /data/analytics/table.csv; touch /data/analytics/x 2>/dev/null || echo read-only')).toMatch(/first_notebook[\s\S]*a,b\n1,2\nread-only$/);
  });

  test('S07: runs as no root, without capabilities or new privileges, and with a root that nobody can write to', () => {
    const [status = '', write = ''] = inContainer(project.hub(), 'sh', '-c', 'cat /proc/self/status; echo ===; for d in / /app /app/dist /srv /usr/local/bin; do touch $d/x 2>/dev/null && echo wrote $d; done; true').split('===');
    const line = (name: string): string | undefined => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
    expect([line('Uid'), line('CapEff'), line('CapBnd'), line('NoNewPrivs'), line('Seccomp')]).toEqual(['1000\t1000\t1000\t1000', '0000000000000000', '0000000000000000', '1', '2']);
    expect(write.trim()).toBe('');
    expect(inContainer(project.hub(), 'sh', '-c', 'stat -c "%u %a" /data; command -v gcc make npm || true')).toBe('1000 700');
  });

  test('is reached by name and port from the network that it shares with a front proxy, and refuses a host that it does not go by', () => {
    const script = `
import sys, urllib.error, urllib.request
def status(host):
    try: return urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers={'Host': host})).status
    except urllib.error.HTTPError as err: return err.code
print(status(sys.argv[2]), status('evil.example.org'))`;
    const run = ['run', '--rm', '--network', project.network, '--label', `${LABEL.run}=${process.pid}-front`, TEST_IMAGE, 'python3', '-c', script];
    expect(execFileSync('docker', [...run, `http://hub:${project.port}/hub/health`, `localhost:${project.port}`], { encoding: 'utf8' }).trim()).toBe('200 421');
  });

  test('is found healthy by its own container', async () => {
    await eventually('the engine says healthy', () => execFileSync('docker', ['inspect', '--format', '{{.State.Health.Status}}', project.hub()], { encoding: 'utf8' }).trim() === 'healthy', 60_000);
  });

  test('J03 J07: a lab reaches the internal port on the hub\'s address in its own network, and no other port there', () => {
    expect(openPorts(project.lab('admin'), hubInLab())).toEqual([INTERNAL_PORT]);
  });

  test('J03 J07: a lab reaches neither the public listener nor any address of the host: gateways, docker0, LAN, the front network', () => {
    const addresses = [...hostAddresses(), project.frontAddress()];
    expect(addressOf(project.hub(), project.network)).toMatch(/^\d+\./);
    const ports = [project.port, INTERNAL_PORT, 22, 80, 111, 2375, 5432, 8000];
    const targets = addresses.flatMap((address) => ports.map((port): Target => [address, port]));
    expect(reachedFrom(project.lab('admin'), targets)).toEqual([]);
  });
});

describe('a lab under a hub in a container', () => {
  let run: string;
  beforeAll(() => {
    run = startedAt(project.lab('admin'));
  });
  const asBefore = async (): Promise<void> => {
    await healthy();
    expect(await inKernel('print(kept)')).toBe('42');
    expect(startedAt(project.lab('admin'))).toBe(run);
    expect((await browser.get('hub/home')).status).toBe(200);
    expect(openPorts(project.lab('admin'), hubInLab())).toEqual([INTERNAL_PORT]);
  };

  test('J03 N06: goes on with its kernel\'s state when the hub is recreated; its browser stays signed in', async () => {
    const before = project.hub();
    project.compose('up', '-d', '--force-recreate');
    expect(project.hub()).not.toBe(before);
    await asBefore();
  });

  test('J03: sees no public port after the hub was restarted while attached to the lab\'s network', async () => {
    execFileSync('docker', ['restart', project.hub()]);
    await asBefore();
  });

  test('goes on after `down` too, and is there again when Compose 2 brings the hub back from the same files', async () => {
    project.compose('down');
    expect(project.hub()).toBe('');
    expect(startedAt(project.lab('admin'))).toBe(run);
    expect(project.compose2('config', '--services')).toBe('hub');
    project.compose2('up', '-d');
    await asBefore();
    project.compose2('down');
    expect(project.hub()).toBe('');
    project.compose('up', '-d');
    await asBefore();
  });
});
