import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { discovered, fileArgs, readEnvFile } from '../../../scripts/bootstrap/compose.cjs';
import { IMAGES, contextFiles, imageHash } from '../../../scripts/bootstrap/image-context.cjs';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const below = (file: string): string => path.join(ROOT, file);

describe('npm run compose', () => {
  test('reads what Compose reads from .env: quotes, spaces, comments and exports', () => {
    expect(readEnvFile('# DOCKER_GID=1\nDOCKER_GID = 105\nexport A="b c"\nB=\'d\'\nC=\nnonsense\n')).toEqual({ DOCKER_GID: '105', A: 'b c', B: 'd', C: '' });
  });

  test('adds the override when it is there, and nothing where files are named', () => {
    const only = (...names: readonly string[]) => (file: string): boolean => names.includes(path.basename(file));
    expect(fileArgs({}, only('compose.yml'))).toEqual(['-f', below('compose.yml')]);
    expect(fileArgs({}, only('compose.yml', 'compose_override.yml'))).toEqual(['-f', below('compose.yml'), '-f', below('compose_override.yml')]);
    expect(fileArgs({ BERTH_DOCKER_FILTER: '1' }, () => true)).toEqual(['-f', below('compose.yml'), '-f', below('compose.filter.yml'), '-f', below('compose_override.yml')]);
    expect(fileArgs({ COMPOSE_FILE: 'other.yml' }, () => true)).toEqual([]);
  });

  test('finds the socket\'s group, and leaves one that was given alone', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-gid-'));
    const socket = path.join(folder, 'docker.sock');
    expect(discovered({ DOCKER_SOCKET: socket })).toEqual({});
    fs.writeFileSync(socket, '');
    expect(discovered({ DOCKER_SOCKET: socket })).toEqual({ DOCKER_GID: String(fs.statSync(socket).gid) });
    expect(discovered({ DOCKER_SOCKET: socket, DOCKER_GID: '7' })).toEqual({});
    fs.rmSync(folder, { recursive: true });
  });
});

describe('what gets into the hub\'s image', () => {
  const files: readonly string[] = contextFiles('hub');

  test('is what .dockerignore lets through', () => {
    const allowed = fs.readFileSync(below('.dockerignore'), 'utf8').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const tops = new Set(allowed.filter((entry) => !entry.endsWith('README.md')));
    const covering = (file: string): string | undefined => [...tops].find((entry) => file === entry || file.startsWith(`${entry}/`));
    expect(files.filter((file) => covering(file) === undefined)).toEqual([]);
    expect([...tops].filter((entry) => !files.some((file) => file === entry || file.startsWith(`${entry}/`)))).toEqual([]);
  });

  test('is neither state nor settings nor what was built here', () => {
    expect(files.filter((file) => /^(state|dist|node_modules|\.git|\.env|tests|docs)(\/|$)|\.sqlite|compose_override/.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['package-lock.json', 'hub/main.ts', 'images/hub/Dockerfile', 'images/hub/ca/README.md']));
  });

  test('is what its hash is made of: a page of documentation changes nothing, a source does', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-hash-'));
    const put = (file: string, text: string): void => {
      fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      fs.writeFileSync(path.join(folder, file), text);
    };
    put('hub/main.ts', 'one');
    const before = imageHash('hub', folder);
    put('hub/README.md', 'read me');
    put('docs/page.md', 'read me');
    expect(imageHash('hub', folder)).toBe(before);
    put('hub/main.ts', 'two');
    expect(imageHash('hub', folder)).not.toBe(before);
    fs.rmSync(folder, { recursive: true });
  });

  test('runs as a number that is not root, from the base that the other images have', () => {
    const dockerfile = fs.readFileSync(below((IMAGES as Record<string, { readonly dockerfile: string }>).hub?.dockerfile ?? ''), 'utf8');
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^USER 1000:1000$/m);
    expect(last).not.toMatch(/g\+\+|python3|\bnpm\b/);
    expect(dockerfile).toMatch(/^ARG BASE=debian:trixie-slim$/m);
  });
});
