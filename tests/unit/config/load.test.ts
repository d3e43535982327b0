import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ConfigError, effective, type Environment, loadConfig } from '../../../hub/config';
import { ALIASES, UNAVAILABLE } from '../../../hub/config/aliases';
import { printable } from '../../../hub/config/effective';
import { SETTINGS, variableOf } from '../../../hub/config/settings';

let cwd: string;
beforeEach(() => {
  cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-config-'));
});
afterEach(() => fs.rmSync(cwd, { recursive: true, force: true }));

const load = (env: Environment = {}) => loadConfig(env, cwd);
const problemsOf = (env: Environment): readonly string[] => {
  try {
    load(env);
  } catch (err) {
    if (err instanceof ConfigError) return err.problems;
    throw err;
  }
  return [];
};
const write = (name: string, content: unknown, mode = 0o600): string => {
  const file = path.join(cwd, name);
  fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode });
  fs.chmodSync(file, mode);
  return file;
};

describe('sources', () => {
  test('a variable wins over an alias, an alias over the file, the file over the default; each value tells its source', () => {
    const file = write('hub.config.json', { image: { notebook: 'file/image' }, admin: { name: 'filed' }, server: { cap: 9, cpus: 1 } });
    const { config, sources } = load({ DOCKER_NOTEBOOK_IMAGE: 'alias/image', HUB_SERVER_CAP: '3', JUPYTERHUB_ADMIN: 'root2', HUB_ADMIN_NAME: 'boss' });
    expect(config).toMatchObject({ image: { notebook: 'alias/image' }, admin: { name: 'boss' }, server: { cap: 3, cpus: 1, pids: 512 } });
    expect(Object.fromEntries(sources)).toEqual({ 'image.notebook': 'DOCKER_NOTEBOOK_IMAGE', 'admin.name': 'HUB_ADMIN_NAME', 'server.cap': 'HUB_SERVER_CAP', 'server.cpus': file });
  });

  test('another config file can be named, and must then exist', () => {
    write('other.json', { server: { cap: 2 } });
    expect(load({ HUB_CONFIG_FILE: 'other.json' }).config.server.cap).toBe(2);
    expect(problemsOf({ HUB_CONFIG_FILE: 'missing.json' })[0]).toMatch(/missing\.json: cannot be read as JSON \(ENOENT/);
  });

  test('a config file that is not JSON is one problem among the others', () => {
    write('hub.config.json', '{ "server": ');
    expect(problemsOf({ HUB_SIGNUP: 'x' })).toEqual([expect.stringContaining('hub.config.json: cannot be read as JSON'), 'signup (HUB_SIGNUP): expected one of approval, open, closed']);
  });

  test('an empty variable is one that nobody set', () => {
    expect(load({ HUB_SERVER_CAP: '', DOCKER_NETWORK_NAME: '', HUB_CONFIG_FILE: '' }).config.server.cap).toBe(5);
  });

  test.each([
    ['server.idleLimit', 'HUB_SERVER_IDLE_LIMIT'],
    ['publicUrl', 'HUB_PUBLIC_URL'],
    ['docker.networkPool', 'HUB_DOCKER_NETWORK_POOL'],
    ['dataDir', 'HUB_DATA_DIR'],
  ])('%s is %s', (setting, variable) => {
    expect(variableOf(setting)).toBe(variable);
  });

  test('no two settings share a variable', () => {
    const variables = SETTINGS.flatMap((row) => (row.variable === null ? [] : [row.variable, `${row.variable}_FILE`]));
    expect(new Set(variables).size).toBe(variables.length);
  });

  test('the data folder may not be reached through a link in a mounted folder', () => {
    fs.mkdirSync(path.join(cwd, 'data', 'deep'), { recursive: true });
    fs.symlinkSync(path.join(cwd, 'data', 'deep'), path.join(cwd, 'innocent'));
    expect(problemsOf({ HUB_DATA_DIR: './innocent' })).toEqual([expect.stringContaining('overlap')]);
  });
});

describe('aliases', () => {
  const given: Record<string, string> = {
    JUPYTERHUB_ADMIN: 'chief',
    DOCKER_NOTEBOOK_IMAGE: 'a/b:1',
    NOTEBOOK_IMAGE: 'c/d:2',
    DOCKER_NETWORK_NAME: 'lab_net',
    JUPYTERHUB_BASE_URL: '/jupyterhub',
    FEATURE_NOTEBOOK_LAUNCHER: 'off',
    DOCKER_HOST: 'tcp://10.0.0.1:2376',
  };
  test.each(ALIASES.map((alias) => [alias.variable, alias.path]))('%s sets %s', (variable, setting) => {
    const { config, sources } = load({ [variable]: given[variable] });
    const row = effective(config, sources).find((one) => one.setting === setting);
    expect(row?.source).toBe(variable);
    expect([given[variable], false, `${given[variable]}/`]).toContain(row?.value);
  });

  test('DOCKER_NOTEBOOK_IMAGE wins over NOTEBOOK_IMAGE', () => {
    expect(load(given).config.image.notebook).toBe('a/b:1');
  });

  test('JUPYTERHUB_BASE_URL gives the path, and must agree with a public URL', () => {
    expect(load({ JUPYTERHUB_BASE_URL: '/jupyterhub' }).config.publicUrl).toBe('http://localhost:8000/jupyterhub/');
    expect(load({ JUPYTERHUB_BASE_URL: '/jupyterhub', HUB_PUBLIC_URL: 'https://h.example/jupyterhub/' }).config.basePath).toBe('/jupyterhub/');
    expect(problemsOf({ JUPYTERHUB_BASE_URL: '/jupyterhub', HUB_PUBLIC_URL: 'https://h.example/' })[0]).toContain('disagree');
  });

  test.each(UNAVAILABLE.map((one) => one.variable))('%s is refused unless it says off, with what to do', (variable) => {
    expect(problemsOf({ [variable]: '1' })).toEqual([expect.stringMatching(new RegExp(`^${variable}: .* not available yet\\. .*(Set|Remove) it`))]);
    for (const off of ['0', '', 'off', 'False', 'no']) expect(problemsOf({ [variable]: off })).toEqual([]);
  });

  test('ENABLE_GPU_SUPPORT=2 is refused as well: nothing would be detected', () => {
    expect(problemsOf({ ENABLE_GPU_SUPPORT: '2' })).toHaveLength(1);
  });
});

describe('N12: mistakes in the environment', () => {
  test('are reported together with those of the file', () => {
    write('hub.config.json', { server: { idelLimit: '4h' } });
    expect(problemsOf({ HUB_SERVER_IDEL_LIMIT: '4h', ENABLE_GPU_SUPPORT: '1', HUB_LISTEN_PORT: 'x', HUB_PROFILES: '[]' })).toEqual([
      expect.stringContaining('ENABLE_GPU_SUPPORT: GPU support is not available yet'),
      'HUB_PROFILES: profiles can be set in the config file only',
      'HUB_SERVER_IDEL_LIMIT: no such setting; did you mean HUB_SERVER_IDLE_LIMIT?',
      expect.stringContaining('listen.port (HUB_LISTEN_PORT): expected a whole number'),
      'server.idelLimit: no such setting; did you mean server.idleLimit?',
    ]);
  });

  test('variables of others are none of our business', () => {
    expect(problemsOf({ PATH: '/bin', HUBBLE: '1', HUB: 'x' })).toEqual([]);
  });
});

describe('B14: values from files', () => {
  test('are read without the last line break', () => {
    const file = write('name', 'chief\n');
    const { config, sources } = load({ HUB_ADMIN_NAME_FILE: file });
    expect(config.admin.name).toBe('chief');
    expect(sources.get('admin.name')).toBe('HUB_ADMIN_NAME_FILE');
  });

  test.each([0o644, 0o604, 0o666, 0o620])('are refused when the mode is %#o, saying what to do', (mode) => {
    const problems = problemsOf({ HUB_ADMIN_NAME_FILE: write('name', 'chief', mode) });
    expect(problems).toEqual([expect.stringMatching(/^HUB_ADMIN_NAME_FILE: other accounts may use .*chmod 600$/)]);
  });

  test('are refused when the file is empty or missing, or the variable itself is set too', () => {
    expect(problemsOf({ HUB_ADMIN_NAME_FILE: write('name', '\n') })[0]).toMatch(/is empty$/);
    expect(problemsOf({ HUB_ADMIN_NAME_FILE: 'nowhere' })[0]).toContain('cannot be read');
    expect(problemsOf({ HUB_ADMIN_NAME_FILE: 'nowhere', HUB_ADMIN_NAME: 'x' })[0]).toContain('keep one of them');
  });
});

describe('R08: what is printed', () => {
  test('has a row for every setting, in words that could be written back', () => {
    const rows = effective(load({ HUB_SERVER_MEMORY: '8589934592', HUB_SERVER_IDLE_LIMIT: '0' }).config);
    expect(rows.map((row) => row.setting)).toEqual(SETTINGS.map((row) => row.path));
    const value = (setting: string): unknown => rows.find((row) => row.setting === setting)?.value;
    expect(value('server.memory')).toBe('8G');
    expect(value('server.idleLimit')).toBe('none');
    expect(value('session.absolute')).toBe('14d');
    expect(value('server.startTimeout')).toBe('1m');
  });

  test('holds no password of an address and no value of a profile environment', () => {
    write('hub.config.json', { docker: { host: 'ssh://me:hunter2@engine' }, profiles: [{ slug: 'a', title: 'A', env: { API_KEY: 'hunter2' } }] });
    const { config, sources } = load();
    const printed = JSON.stringify(effective(config, sources));
    expect(printed).not.toContain('hunter2');
    expect(printed).toContain('API_KEY');
    expect(printed).toContain('ssh://(hidden)@engine');
  });

  test('hides a setting that is marked secret, and tells when it is not set', () => {
    expect(printable({ secret: true, unit: undefined }, 'hunter2')).toBe('(hidden)');
    expect(printable({ secret: true, unit: undefined }, null)).toBeNull();
  });
});
