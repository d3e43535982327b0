import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseStartArgs } from '../../../scripts/bootstrap/args.cjs';
import { contentHash, filesBelow } from '../../../scripts/bootstrap/content.cjs';
import { depsStamp, matchesLock } from '../../../scripts/bootstrap/deps.cjs';
import { endpoint } from '../../../scripts/bootstrap/engine-api.cjs';
import { removeStalePids } from '../../../scripts/bootstrap/engine.cjs';
import { imageHash, registryAuth, splitRef } from '../../../scripts/bootstrap/images.cjs';
import { duration } from '../../../scripts/bootstrap/report.cjs';
import { checkNode, usesDocker, usesOurImage } from '../../../scripts/bootstrap/start.cjs';

const everything = { install: true, build: true, dockerInstall: true, imageBuild: true };
let dir: string;

beforeEach(() => { dir = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-setup-')); });
afterEach(() => fs.rmSync(dir, { recursive: true }));

const write = (relative: string, content: string): void => {
  fs.mkdirSync(path.dirname(path.join(dir, relative)), { recursive: true });
  fs.writeFileSync(path.join(dir, relative), content);
};

describe('npm start: its arguments', () => {
  test('without switches every step is allowed', () => {
    expect(parseStartArgs([])).toEqual({ help: false, may: everything, hubArgs: [] });
  });

  test.each([['--no-install', 'install'], ['--no-build', 'build'], ['--no-docker-install', 'dockerInstall'], ['--no-image-build', 'imageBuild']])('%s forbids one step only', (flag, step) => {
    expect(parseStartArgs([flag]).may).toEqual({ ...everything, [step]: false });
  });

  test('what it does not know belongs to the hub, in order', () => {
    expect(parseStartArgs(['--port', '9000', '--no-build', '-v']).hubArgs).toEqual(['--port', '9000', '-v']);
  });

  test('after a second -- its own switches belong to the hub too', () => {
    expect(parseStartArgs(['--no-build', '--', '--no-install', '--help'])).toEqual({ help: false, may: { ...everything, build: false }, hubArgs: ['--no-install', '--help'] });
  });

  test('a name from the object prototype is no switch', () => {
    expect(parseStartArgs(['constructor']).hubArgs).toEqual(['constructor']);
  });

  test('--spawner is taken, in both spellings, and process needs no Docker, wherever it is set', () => {
    expect(parseStartArgs(['--spawner', 'process', '-v'])).toEqual({ help: false, may: everything, spawner: 'process', hubArgs: ['-v'] });
    expect(parseStartArgs(['--spawner=process']).spawner).toBe('process');
    expect(parseStartArgs(['--', '--spawner', 'process']).spawner).toBeUndefined();
    write('hub.config.json', '{"spawner": "process"}');
    write('broken.json', '{');
    const uses = (env: Record<string, string>): boolean => usesDocker(env, dir);
    expect([uses({ HUB_SPAWNER: 'process' }), uses({}), uses({ HUB_SPAWNER: 'docker' }), uses({ HUB_CONFIG_FILE: 'broken.json' }), uses({ HUB_CONFIG_FILE: 'none.json' })]).toEqual([false, false, true, true, true]);
  });

  test('an old Node is refused in words', () => {
    expect(() => checkNode('20.18.3')).toThrow('Node 20.18.3 is too old');
    expect(() => checkNode('18.20.0')).toThrow('too old');
    expect(() => { checkNode('20.19.0'); checkNode('22.1.0'); }).not.toThrow();
  });

  test('the image is built only when the settings name it or none', () => {
    expect(usesOurImage({})).toBe(true);
    expect(usesOurImage({ DOCKER_NOTEBOOK_IMAGE: 'berth/notebook:latest' })).toBe(true);
    expect(usesOurImage({ DOCKER_NOTEBOOK_IMAGE: 'quay.io/team/lab:1' })).toBe(false);
    expect(usesOurImage({ HUB_IMAGE_NOTEBOOK: 'lab' })).toBe(false);
  });
});

describe('npm start: what is up to date', () => {
  const lock = { packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b-arm64': { version: '2.0.0', optional: true } } };

  test('the stamp changes with the lock file and with the ABI of Node', () => {
    const stamp = depsStamp('lock', { modules: '115' });
    expect(depsStamp('lock', { modules: '115' })).toBe(stamp);
    expect(depsStamp('lock2', { modules: '115' })).not.toBe(stamp);
    expect(depsStamp('lock', { modules: '127' })).not.toBe(stamp);
  });

  test('an installation made by hand counts when it has what the lock asks for', () => {
    expect(matchesLock(lock, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toBe(true);
    expect(matchesLock(lock, { packages: { 'node_modules/a': { version: '1.0.1' } } })).toBe(false);
    expect(matchesLock(lock, { packages: {} })).toBe(false);
    expect(matchesLock(lock, { packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b-arm64': { version: '1.9.0' } } })).toBe(false);
  });

  test('a content hash follows names and contents, not times', () => {
    write('src/a.ts', 'one');
    write('src/deep/b.sql', 'two');
    write('src/node_modules/x.js', 'ignored');
    const hash = (): string => contentHash(dir, filesBelow(dir, ['src', 'missing']));
    const before = hash();
    expect(filesBelow(dir, ['src'])).toEqual(['src/a.ts', path.join('src', 'deep', 'b.sql')]);
    fs.utimesSync(path.join(dir, 'src/a.ts'), 1, 1);
    expect(hash()).toBe(before);
    fs.renameSync(path.join(dir, 'src/a.ts'), path.join(dir, 'src/c.ts'));
    expect(hash()).not.toBe(before);
  });

  test('two files cannot trade bytes without changing the hash', () => {
    write('s/a', 'xy');
    write('s/b', 'z');
    const before = contentHash(dir, ['s/a', 's/b']);
    write('s/a', 'x');
    write('s/b', 'yz');
    expect(contentHash(dir, ['s/a', 's/b'])).not.toBe(before);
  });

  test('an image is made anew when its own or the common files change, not when another image\'s do', () => {
    write('common/config.py', '1');
    write('notebook/Dockerfile', 'FROM a');
    write('test/Dockerfile', 'FROM b');
    const before = imageHash('notebook', dir);
    write('test/Dockerfile', 'FROM c');
    expect(imageHash('notebook', dir)).toBe(before);
    write('common/config.py', '2');
    expect(imageHash('notebook', dir)).not.toBe(before);
  });
});

describe('npm start: the engine', () => {
  test('the hub\'s setting wins over DOCKER_HOST, and that over the default socket', () => {
    expect(endpoint({})).toMatchObject({ given: false, request: { socketPath: '/var/run/docker.sock' } });
    expect(endpoint({ DOCKER_HOST: 'unix:///tmp/e.sock' })).toMatchObject({ given: true, request: { socketPath: '/tmp/e.sock' } });
    expect(endpoint({ DOCKER_HOST: 'unix:///tmp/e.sock', HUB_DOCKER_HOST: 'tcp://10.0.0.2:2375' })).toMatchObject({ given: true, secure: false, request: { host: '10.0.0.2', port: 2375 } });
  });

  test('TLS moves the default port', () => {
    expect(endpoint({ DOCKER_HOST: 'tcp://engine', DOCKER_TLS_VERIFY: '1' })).toMatchObject({ secure: true, request: { host: 'engine', port: 2376 } });
  });

  test('an address that cannot be used says what to do instead', () => {
    expect(() => endpoint({ DOCKER_HOST: 'ssh://me@host' })).toThrow('forward its socket');
  });

  test('a pid file without its process is removed, one with another process too, a true one stays', () => {
    const self = fs.readFileSync('/proc/self/comm', 'utf8').trim();
    write('gone.pid', '4194999');
    write('reused.pid', String(process.pid));
    write('true.pid', String(process.pid));
    const files = [['gone.pid', 'dockerd'], ['reused.pid', 'dockerd'], ['true.pid', self], ['absent.pid', 'dockerd']]
      .map(([name, program]) => ({ file: path.join(dir, name ?? ''), program: program ?? '' }));
    expect(removeStalePids(files).map((file: string) => path.basename(file))).toEqual(['gone.pid', 'reused.pid']);
    expect(fs.readdirSync(dir)).toEqual(['true.pid']);
  });
});

describe('images: references', () => {
  test.each([
    ['debian:trixie-slim', 'debian', 'trixie-slim'],
    ['berth/notebook', 'berth/notebook', 'latest'],
    ['registry.lan:5000/lab', 'registry.lan:5000/lab', 'latest'],
    ['registry.lan:5000/lab:2', 'registry.lan:5000/lab', '2'],
  ])('%s', (ref, repo, tag) => {
    expect(splitRef(ref)).toEqual({ repo, tag });
  });

  test('a login is sent to its own registry only', () => {
    write('config.json', JSON.stringify({ auths: { 'registry.lan:5000': { auth: Buffer.from('me:pa:ss').toString('base64') } } }));
    const sent = (repo: string): unknown => JSON.parse(Buffer.from(registryAuth(repo, { DOCKER_CONFIG: dir })['x-registry-auth'], 'base64url').toString());
    expect(sent('registry.lan:5000/lab')).toEqual({ username: 'me', password: 'pa:ss', serveraddress: 'registry.lan:5000' });
    expect(sent('other.lan/lab')).toEqual({});
    expect(sent('team/lab')).toEqual({});
  });
});

test.each([[400, '0.4 s'], [9960, '10 s'], [59_400, '59 s'], [185_000, '3 min 05 s']])('%i ms reads %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
