import type { ServerName, UserName } from '../../../hub/domain/ids';
import { serverProfile } from '../../../spawner/profiles';
import { labVariables } from '../../../hub/services/lab-variables';
import { labEnvironment } from '../../../spawner/env';

const ask = { hubUrl: 'http://hub:8081', base: '/', owner: 'ä b+c@x~y' as UserName, server: 'my srv' as ServerName, token: 't0ken' };

test('a lab is told where the hub is as JupyterHub tells it: names as they are, addresses escaped', () => {
  expect(labVariables(ask)).toEqual({
    JUPYTERHUB_USER: 'ä b+c@x~y',
    JUPYTERHUB_SERVER_NAME: 'my srv',
    JUPYTERHUB_BASE_URL: '/',
    JUPYTERHUB_SERVICE_PREFIX: '/user/%C3%A4%20b%2Bc@x~y/my%20srv/',
    JUPYTERHUB_API_TOKEN: 't0ken',
    JUPYTERHUB_API_URL: 'http://hub:8081/hub/api',
    JUPYTERHUB_ACTIVITY_URL: 'http://hub:8081/hub/api/users/%C3%A4%20b%2Bc@x~y/activity',
  });
});

test('the base path is in every address', () => {
  const env = labVariables({ ...ask, base: '/jupyter/', owner: 'alice' as UserName, server: '' as ServerName });
  expect(env).toMatchObject({ JUPYTERHUB_BASE_URL: '/jupyter/', JUPYTERHUB_SERVICE_PREFIX: '/jupyter/user/alice/', JUPYTERHUB_API_URL: 'http://hub:8081/jupyter/hub/api', JUPYTERHUB_ACTIVITY_URL: 'http://hub:8081/jupyter/hub/api/users/alice/activity' });
});

test('a lab that cannot reach the hub gets no credential for it', () => {
  expect(Object.keys(labVariables({ ...ask, hubUrl: null })).sort()).toEqual(['JUPYTERHUB_BASE_URL', 'JUPYTERHUB_SERVER_NAME', 'JUPYTERHUB_SERVICE_PREFIX', 'JUPYTERHUB_USER']);
});

test('a server that signs its visitors in is told how, in the words of JupyterHub\'s own captured environment', () => {
  const profile = serverProfile({ image: 'example/lab:1', mode: 'singleuser', limits: { cpus: 2, memoryBytes: 1024, pids: null } });
  const env = labVariables({ ...ask, signIn: { profile, publicOrigin: 'https://hub.example', site: null } });
  expect(env).toMatchObject(labVariables(ask));
  expect(env).toMatchObject({
    JPY_API_TOKEN: 't0ken', JUPYTERHUB_CLIENT_ID: 'jupyterhub-user-%C3%A4%20b%2Bc%40x~y-my%20srv', JUPYTERHUB_OAUTH_CALLBACK_URL: '/user/%C3%A4%20b%2Bc@x~y/my%20srv/oauth_callback',
    JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: '[]', JUPYTERHUB_SERVICE_URL: 'http://0.0.0.0:8888/user/%C3%A4%20b%2Bc@x~y/my%20srv/', JUPYTERHUB_HOST: '', JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED: '0',
    JUPYTERHUB_PUBLIC_URL: 'https://hub.example/user/%C3%A4%20b%2Bc@x~y/my%20srv/', JUPYTERHUB_PUBLIC_HUB_URL: 'https://hub.example/hub/', JUPYTERHUB_ROOT_DIR: '/home/jovyan/work', JUPYTER_IMAGE_SPEC: 'example/lab:1', MEM_LIMIT: '1024', CPU_LIMIT: '2.0',
  });
  const scopes = ['access:servers!server=\u00e4 b+c@x~y/my srv', 'access:servers!user=\u00e4 b+c@x~y'];
  expect([env['JUPYTERHUB_OAUTH_ACCESS_SCOPES'], env['JUPYTERHUB_OAUTH_SCOPES']].map((text) => JSON.parse(text ?? '') as unknown)).toEqual([scopes, scopes]);
});

test('on a site of its own a server is told where the hub is, and where its visitors come back to', () => {
  const env = labVariables({ ...ask, owner: 'alice' as UserName, server: '' as ServerName, signIn: { profile: serverProfile({ image: 'x', mode: 'singleuser' }), publicOrigin: 'https://hub.example', site: 'https://u-1.nb.example' } });
  expect(env).toMatchObject({ JUPYTERHUB_HOST: 'https://hub.example', JUPYTERHUB_CLIENT_ID: 'jupyterhub-user-alice', JUPYTERHUB_OAUTH_CALLBACK_URL: 'https://u-1.nb.example/user/alice/oauth_callback', JUPYTERHUB_PUBLIC_URL: 'https://u-1.nb.example/user/alice/' });
});

/** Every name of the protocol's table (1.1); null: JupyterHub sets it where an administrator asks for it, which a profile's `env` does here. */
const TABLE: readonly (readonly [string, string | null])[] = [
  ['JUPYTERHUB_API_TOKEN', 't0ken'],
  ['JPY_API_TOKEN', 't0ken'],
  ['JUPYTERHUB_API_URL', 'http://hub:8081/b/hub/api'],
  ['JUPYTERHUB_CLIENT_ID', 'jupyterhub-user-alice-gpu'],
  ['JUPYTERHUB_OAUTH_CALLBACK_URL', '/b/user/alice/gpu/oauth_callback'],
  ['JUPYTERHUB_OAUTH_ACCESS_SCOPES', '["access:servers!server=alice/gpu","access:servers!user=alice"]'],
  ['JUPYTERHUB_OAUTH_SCOPES', '["access:servers!server=alice/gpu","access:servers!user=alice"]'],
  ['JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES', '[]'],
  ['JUPYTERHUB_SERVICE_URL', 'http://0.0.0.0:8888/b/user/alice/gpu/'],
  ['JUPYTERHUB_SERVICE_PREFIX', '/b/user/alice/gpu/'],
  ['JUPYTERHUB_BASE_URL', '/b/'],
  ['JUPYTERHUB_HOST', ''],
  ['JUPYTERHUB_USER', 'alice'],
  ['JUPYTERHUB_SERVER_NAME', 'gpu'],
  ['JUPYTERHUB_ACTIVITY_URL', 'http://hub:8081/b/hub/api/users/alice/activity'],
  ['JUPYTERHUB_ACTIVITY_INTERVAL', null],
  ['JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED', '0'],
  ['JUPYTERHUB_COOKIE_OPTIONS', null],
  ['JUPYTERHUB_PUBLIC_URL', 'https://hub.example/b/user/alice/gpu/'],
  ['JUPYTERHUB_PUBLIC_HUB_URL', 'https://hub.example/b/hub/'],
  ['JUPYTERHUB_ADMIN_ACCESS', '1'],
  ['JUPYTERHUB_ROOT_DIR', '/home/jovyan/work'],
  ['JUPYTERHUB_DEFAULT_URL', null],
  ['JUPYTERHUB_DEBUG', null],
  ['JUPYTERHUB_DISABLE_USER_CONFIG', null],
  ['JUPYTERHUB_SSL_KEYFILE', null],
  ['JUPYTERHUB_SSL_CERTFILE', null],
  ['JUPYTERHUB_SSL_CLIENT_CA', null],
  ['MEM_LIMIT', '1073741824'],
  ['MEM_GUARANTEE', null],
  ['CPU_LIMIT', '0.5'],
  ['CPU_GUARANTEE', null],
  ['JUPYTER_IMAGE_SPEC', 'example/lab:1'],
];

describe('of the variables in the protocol\'s table, a server that signs its visitors in', () => {
  const chosen = Object.fromEntries(TABLE.filter(([, value]) => value === null).map(([name]) => [name, `chosen ${name}`]));
  const profile = serverProfile({ image: 'example/lab:1', mode: 'singleuser', limits: { cpus: 0.5, memoryBytes: 1024 ** 3, pids: null }, env: chosen });
  const extra = labVariables({ ...ask, base: '/b/', owner: 'alice' as UserName, server: 'gpu' as ServerName, signIn: { profile, publicOrigin: 'https://hub.example', site: null } });
  const env = labEnvironment({ profile, userName: 'alice' as UserName, secret: 's', extra });

  test.each(TABLE)('gets %s', (name, value) => {
    expect(env[name]).toBe(value ?? `chosen ${name}`);
    expect(Object.hasOwn(extra, name)).toBe(value !== null);
  });

  test('gets no limit that it does not have, and nothing that is not in the table', () => {
    const free = labVariables({ ...ask, signIn: { profile: { ...profile, limits: { cpus: null, memoryBytes: null, pids: null } }, publicOrigin: 'https://hub.example', site: null } });
    expect(Object.keys(free).filter((name) => name.includes('LIMIT'))).toEqual([]);
    expect(Object.keys(extra).filter((name) => !TABLE.some(([known]) => known === name))).toEqual([]);
  });
});
