import { atPort, ConfigError, parseConfig } from '../../../hub/config';

const problemsOf = (raw: unknown): readonly string[] => {
  try {
    parseConfig(raw, '/srv/hub');
  } catch (err) {
    if (err instanceof ConfigError) return err.problems;
    throw err;
  }
  return [];
};

describe('defaults', () => {
  const config = parseConfig({}, '/srv/hub');

  test('are those of the product', () => {
    expect(config).toMatchObject({
      listen: { host: '127.0.0.1', port: 8000 },
      publicUrl: 'http://localhost:8000/',
      basePath: '/',
      trustedProxies: [],
      dataDir: '/srv/hub/state',
      admin: { name: 'admin' },
      signup: 'approval',
      password: { minLength: 12 },
      session: { idle: 12 * 3_600_000, absolute: 14 * 86_400_000 },
      token: { maxLifetime: 90 * 86_400_000 },
      features: { notebookLauncher: true },
      spawner: 'docker',
      docker: { host: 'unix:///var/run/docker.sock', networkPool: '10.213.0.0/16', networkName: 'jupyterhub_network', firewall: 'auto', isolation: 'require', strictVersions: false, namePrefix: 'jupyterlab-', sharedVolume: 'jupyterhub_shared' },
      server: { idleLimit: 4 * 3_600_000, cap: 5, cpus: 2, memory: 8 * 1024 ** 3, pids: 512, startTimeout: 60_000, stopGrace: 10_000, readOnlyRoot: true },
      paths: { templates: '/srv/hub/templates', app: '/srv/hub/app', data: '/srv/hub/data' },
      log: { level: 'info', file: null },
      users: { language: 'auto' },
      failPoint: null,
    });
  });

  test('hold one profile, made of the image, the layout and the limits', () => {
    expect(config.profiles).toHaveLength(1);
    expect(config.profiles[0]).toMatchObject({
      slug: 'default',
      image: 'berth/notebook:latest',
      port: 8888,
      mode: 'auto',
      argv: null,
      limits: { cpus: 2, memoryBytes: 8 * 1024 ** 3, pids: 512 },
      layout: 'auto',
      readOnlyRoot: true,
    });
  });

  test('cannot be changed by whoever holds them, at any depth', () => {
    expect(() => Object.assign(config.server, { cap: 6 })).toThrow(TypeError);
    expect(() => (config.origins as string[]).push('x')).toThrow(TypeError);
  });

  test('come from nowhere but the object that was given', () => {
    process.env.HUB_LISTEN_PORT = '9999';
    try {
      expect(parseConfig({}).listen.port).toBe(8000);
    } finally {
      delete process.env.HUB_LISTEN_PORT;
    }
  });
});

describe('values', () => {
  test.each([
    ['4h', 14_400_000],
    ['90s', 90_000],
    ['10m', 600_000],
    ['1.5h', 5_400_000],
    ['90', 90_000],
    [90, 90_000],
    ['250ms', 250],
    ['0', null],
    [0, null],
    ['0h', null],
    [null, null],
  ])('an idle limit of %j is %j milliseconds', (given, ms) => {
    expect(parseConfig({ server: { idleLimit: given } }).server.idleLimit).toBe(ms);
  });

  test.each([
    ['8G', 8 * 1024 ** 3],
    ['512M', 512 * 1024 ** 2],
    ['1.5gb', 1.5 * 1024 ** 3],
    [1048576, 1048576],
    ['1048576', 1048576],
    ['0', null],
    [0, null],
  ])('a memory of %j is %j bytes', (given, bytes) => {
    expect(parseConfig({ server: { memory: given } }).server.memory).toBe(bytes);
  });

  test.each(['idleLimit', 'cap', 'cpus', 'memory'])('a server.%s of 0 means none', (key) => {
    expect(parseConfig({ server: { [key]: '0' } }).server).toMatchObject({ [key]: null });
  });

  test('none for CPUs and memory reaches the default profile', () => {
    expect(parseConfig({ server: { cpus: 0, memory: 0 } }).profiles[0]?.limits).toEqual({ cpus: null, memoryBytes: null, pids: 512 });
  });

  test.each([
    ['1', true],
    ['yes', true],
    ['On', true],
    ['TRUE', true],
    ['0', false],
    ['off', false],
    ['No', false],
    [false, false],
  ])('%j is %j', (given, expected) => {
    expect(parseConfig({ features: { notebookLauncher: given } }).features.notebookLauncher).toBe(expected);
  });

  test.each(['-4h', '4 hours', 'soon', '', 'NaN', true, {}, -1, '1e3s'])('%j is no duration', (given) => {
    expect(problemsOf({ server: { idleLimit: given } })).toEqual([expect.stringMatching(/^server\.idleLimit \(HUB_SERVER_IDLE_LIMIT\): expected a duration/)]);
  });

  test('a start timeout of 0 is refused, for it would fail every start', () => {
    expect(problemsOf({ server: { startTimeout: '0' } })).toEqual(['server.startTimeout (HUB_SERVER_START_TIMEOUT): expected a duration of more than zero']);
  });

  test('lists are JSON in the file and commas in a variable', () => {
    expect(parseConfig({ trustedProxies: '10.0.0.0/8, 127.0.0.1,' }).trustedProxies).toEqual(['10.0.0.0/8', '127.0.0.1']);
    expect(parseConfig({ trustedProxies: ['::1/128'] }).trustedProxies).toEqual(['::1/128']);
  });

  test.each(['*', '10.0.0.0/33', '10.0.0', 'all', '10.0.0.0/8/8'])('%s is no network to trust', (given) => {
    expect(problemsOf({ trustedProxies: [given] })[0]).toContain(`"${given}" is not`);
  });

  test.each(['*', 'https://a.example/path', 'a.example', 'ftp://a.example', "'self'"])('%s is no origin that may frame a server', (given) => {
    expect(problemsOf({ frameOrigins: [given] })[0]).toContain('frameOrigins (HUB_FRAME_ORIGINS): expected a list of origins');
  });
});

describe('the public URL', () => {
  test('gives the base path and the accepted origins', () => {
    const config = parseConfig({ publicUrl: 'https://hub.example.org/jupyterhub', origins: ['http://10.0.0.5:8000/'] });
    expect(config.publicUrl).toBe('https://hub.example.org/jupyterhub/');
    expect(config.basePath).toBe('/jupyterhub/');
    expect(config.origins).toEqual(['https://hub.example.org', 'http://10.0.0.5:8000']);
  });

  test('is made from port and base path where it is not set, and then both names of this machine are accepted', () => {
    const config = parseConfig({ listen: { port: 8080 }, basePath: 'jupyterhub' });
    expect(config.publicUrl).toBe('http://localhost:8080/jupyterhub/');
    expect(config.origins).toEqual(['http://localhost:8080', 'http://127.0.0.1:8080']);
  });

  test('takes the port that the hub got where it asked for any', () => {
    const config = atPort(parseConfig({ listen: { port: 0 }, basePath: '/x' }), 40123);
    expect(config.publicUrl).toBe('http://localhost:40123/x/');
    expect(config.origins).toEqual(['http://localhost:40123', 'http://127.0.0.1:40123']);
  });

  test('and a base path that disagree are an error, and agreeing ones are not', () => {
    expect(problemsOf({ publicUrl: 'https://h.example/a/', basePath: '/b' })[0]).toMatch(/publicUrl \(HUB_PUBLIC_URL\) and basePath \(HUB_BASE_PATH\) disagree/);
    expect(problemsOf({ publicUrl: 'https://h.example/a/', basePath: '/a' })).toEqual([]);
  });

  test('sites lie below a domain, at which the hub may be, but not where a user could be', () => {
    expect(parseConfig({ subdomainHost: 'NB.example.org' }).subdomainHost).toBe('nb.example.org');
    expect(parseConfig({ subdomainHost: '', publicUrl: 'https://nb.example.org/' }).subdomainHost).toBeNull();
    expect(problemsOf({ subdomainHost: 'nb.example.org', publicUrl: 'https://nb.example.org/' })).toEqual([]);
    expect(problemsOf({ subdomainHost: 'nb.example.org', publicUrl: 'https://u-aaaaaaaaaaaaaaaaaaaa.nb.example.org/' })[0]).toMatch(/^subdomainHost \(HUB_SUBDOMAIN_HOST\): .* could be a user's own host/);
    for (const given of ['https://nb.example.org', 'nb.example.org:443', '127.0.0.1', '*.example.org', '.example.org', 'a..b', 'example.org.']) expect(problemsOf({ subdomainHost: given })[0]).toMatch(/expected a domain/);
  });

  test.each(['hub.example.org', 'https://u:p@hub.example.org/', 'https://hub.example.org/?x=1', 'javascript:alert(1)'])('%s is refused', (given) => {
    expect(problemsOf({ publicUrl: given })[0]).toMatch(/^publicUrl \(HUB_PUBLIC_URL\): expected an http or https address/);
  });

  test.each(['/a/../b', '/a%2f', '/a b', '/a?b'])('%s is no base path', (given) => {
    expect(problemsOf({ basePath: given })[0]).toMatch(/^basePath \(HUB_BASE_PATH\): expected a path/);
  });
});

describe('N12: mistakes', () => {
  test('are all reported at once, each with the name of its setting', () => {
    const problems = problemsOf({ listen: { port: 'http' }, signup: 'never', servr: {}, server: { cpu: 2, memory: 'lots' }, docker: { networkPool: '10.0.0.0/30' }, dataDir: './data/hub' });
    expect(problems).toEqual([
      'listen.port (HUB_LISTEN_PORT): expected a whole number from 0 to 65535',
      'signup (HUB_SIGNUP): expected one of approval, open, closed',
      'docker.networkPool (HUB_DOCKER_NETWORK_POOL): expected an IPv4 network from /8 to /24, such as 10.213.0.0/16',
      expect.stringContaining('server.memory (HUB_SERVER_MEMORY): expected a size'),
      'server.cpu: no such setting; did you mean server.cpus?',
      'servr: no such setting; did you mean server?',
      expect.stringContaining('dataDir (HUB_DATA_DIR) and paths.data (HUB_PATHS_DATA) overlap'),
    ]);
  });

  test('a word far from every setting gets no guess', () => {
    expect(problemsOf({ zzzzzzzzzzzz: 1 })).toEqual(['zzzzzzzzzzzz: no such setting']);
  });

  test.each([null, 7, 'x', []])('%j is no configuration', (raw) => {
    expect(problemsOf(raw)).toHaveLength(1);
  });

  test('a section that is not an object is named', () => {
    expect(problemsOf({ server: 5 })[0]).toMatch(/^server: /);
  });
});

describe('the data folder', () => {
  test.each([
    ['inside the data that servers see', { dataDir: 'data/hub' }],
    ['the same as the templates', { dataDir: 'templates' }],
    ['around the team code', { dataDir: '.', paths: { app: './app' } }],
    ['named differently but the same', { dataDir: './x/../data/' }],
  ])('is refused when it is %s', (_, raw) => {
    expect(problemsOf(raw).join()).toContain('overlap');
  });

  test('may share the beginning of its name with a mounted folder', () => {
    expect(problemsOf({ dataDir: './data-hub' })).toEqual([]);
  });
});

describe('profiles', () => {
  const gpu = { slug: 'big', title: 'Big', image: 'example/big:1', limits: { memory: '64G', cpus: 0 }, layout: 'lab', env: { TOKEN: 'x' } };

  test('take from the general settings what they leave out', () => {
    const config = parseConfig({ profiles: [gpu, { slug: 'small', title: 'Small' }], server: { pids: 100, readOnlyRoot: false }, image: { notebook: 'example/n:1' }, layout: 'jovyan' });
    expect(config.profiles[0]).toMatchObject({ slug: 'big', image: 'example/big:1', limits: { cpus: null, memoryBytes: 64 * 1024 ** 3, pids: 100 }, mode: 'auto', layout: { home: '/home', userHome: '/home/lab', workspace: '/home/lab/workspace', cache: '/home/lab/.cache' } });
    expect(config.profiles[1]).toMatchObject({ slug: 'small', image: 'example/n:1', limits: { cpus: 2, pids: 100 }, readOnlyRoot: false, layout: { home: '/home/jovyan' }, description: '' });
  });

  test('may lay out an image of their own', () => {
    const layout = { home: '/h', workspace: '/w', cache: '/c', workingDir: '/w', shared: '/s', user: '1000:100' };
    expect(parseConfig({ profiles: [{ ...gpu, layout }] }).profiles[0]?.layout).toEqual({ ...layout, userHome: '/h' });
  });

  test('say how visitors get in, or leave it to the image', () => {
    expect(parseConfig({ profiles: [{ ...gpu, mode: 'singleuser' }, { slug: 'small', title: 'Small' }] }).profiles.map(({ mode }) => mode)).toEqual(['singleuser', 'auto']);
    expect(problemsOf({ profiles: [{ ...gpu, mode: 'hub' }] })).toEqual(['profiles.0.mode: expected one of auto, injected, singleuser']);
  });

  test('with one slug twice, a bad slug or an unknown key are named', () => {
    expect(problemsOf({ profiles: [gpu, gpu] })).toEqual(['profiles: big is there more than once']);
    expect(problemsOf({ profiles: [{ slug: 'A b', title: 'x', imag: 'y' }] })).toEqual(['profiles.0.slug: expected lower-case letters, digits and hyphens', expect.stringContaining('profiles.0.imag: no such setting')]);
  });
});

describe('labs without containers', () => {
  const problems = (more: object): string => problemsOf({ spawner: 'process', ...more }).join('\n');

  test('are for this machine alone: what others reach is refused, and no setting allows it', () => {
    for (const fine of [{}, { listen: { host: '::1' } }, { publicUrl: 'http://127.0.0.1:9000/lab/' }]) expect(problems(fine)).toBe('');
    for (const host of ['0.0.0.0', '192.168.1.7', 'front', '::']) expect(problems({ listen: { host } })).toContain(`only this machine may reach the hub; choose 127.0.0.1, not ${host}`);
    expect(problems({ publicUrl: 'https://nb.example.org/' })).toContain('https://nb.example.org is elsewhere');
    expect(problems({ origins: ['https://nb.example.org'] })).toContain('https://nb.example.org is elsewhere');
    expect(problems({ docker: { isolation: 'require' } })).toBe('');
  });

  test('start Jupyter and nothing else', () => {
    const named = (profile: object): string => problems({ profiles: [{ slug: 'x', title: 'X', ...profile }] });
    expect(named({})).toBe('');
    expect(named({ argv: ['jupyter', 'server'] })).toBe('');
    for (const profile of [{ mode: 'singleuser' }, { argv: ['code-server'] }, { argv: ['jupyter', '--ip=0.0.0.0'] }]) expect(named(profile)).toContain('x cannot run without containers');
  });
});
