'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { contentHash, filesBelow } = require('./content.cjs');
const { ROOT, inRoot } = require('./paths.cjs');
const { run } = require('./run.cjs');

/** What images/hub/Dockerfile copies; .dockerignore says the same to other builders. */
const HUB_SOURCES = [
  'package.json', 'package-lock.json', '.npmrc', 'LICENSE', 'tsconfig.json', 'tsconfig.build.json', 'auth', 'hub', 'proxy', 'spawner', 'views',
  'scripts/build.cjs', ...['content', 'paths', 'report', 'run'].map((name) => `scripts/bootstrap/${name}.cjs`), 'images/hub',
];
const AUTHORITIES = 'images/hub/ca';
const isCode = (file) => path.basename(file) !== 'README.md' || path.dirname(file) === AUTHORITIES;

/**
 * The images that the checkout describes. `tag`: what profiles and compose.yml name; `versioned`: repository whose tag is the content's hash;
 * `base`: the one of them that it is made from, where that is not the distribution.
 */
const IMAGES = {
  notebook: { tag: 'berth/notebook:latest', title: 'notebook image (JupyterLab, about 4 minutes)', versioned: 'berth/notebook', root: inRoot('images'), dockerfile: 'notebook/Dockerfile' },
  test: { tag: 'berth/notebook-test:local', title: 'test image (jupyter-server, about 1 minute)', versioned: null, root: inRoot('images'), dockerfile: 'test/Dockerfile' },
  stacks: { tag: 'berth/stacks-test:local', title: 'image laid out like docker-stacks, for the tests', versioned: null, root: inRoot('images'), dockerfile: 'stacks/Dockerfile', base: 'notebook' },
  platform: { tag: 'berth/platform-test:local', title: 'image laid out like the platform seed\'s, for the tests', versioned: null, root: inRoot('images'), dockerfile: 'platform/Dockerfile', base: 'notebook' },
  compose: { tag: 'berth/compose-test:local', title: 'image with Compose 2, for the tests', versioned: null, root: inRoot('images'), dockerfile: 'compose/Dockerfile' },
  hub: { tag: 'berth/hub:latest', title: 'hub image (about 3 minutes)', versioned: 'berth/hub', root: ROOT, dockerfile: 'images/hub/Dockerfile' },
};

/** @param {keyof typeof IMAGES} which @returns {string[]} of the build context, relative to its root */
const contextFiles = (which, root = IMAGES[which].root) => (which === 'hub' ? filesBelow(root, HUB_SOURCES, isCode) : filesBelow(root, ['common', which]));

/** @param {keyof typeof IMAGES} which @returns {string} hash of Dockerfile and context, those of its base included, 16 characters */
function imageHash(which, root = IMAGES[which].root) {
  const { base } = IMAGES[which];
  return contentHash(root, [...(base === undefined ? [] : contextFiles(base, root)), ...contextFiles(which, root)]).slice(0, 16);
}

/**
 * What this machine trusts beyond the usual: a build in a container that must reach the same servers needs it too.
 * @returns {Promise<string | null>} a file
 */
async function machineAuthorities(env = process.env) {
  const { code, output } = await run('npm', ['config', 'get', 'cafile'], { env, timeoutMs: 20_000 });
  const asked = code === 0 ? output.trim().split('\n').pop() : '';
  const candidates = [env.NODE_EXTRA_CA_CERTS, asked, env.SSL_CERT_FILE, '/etc/ssl/certs/ca-certificates.crt'];
  return candidates.find((file) => file && path.isAbsolute(file) && fs.existsSync(file)) ?? null;
}

/**
 * The context as a tar stream. Times and owners stay out of it, so that the layer cache holds in another checkout.
 * @param {keyof typeof IMAGES} which
 * @returns {Promise<{ stream: import('node:stream').Readable, ended: Promise<number> }>} `ended`: exit code of tar; never rejects
 */
async function packContext(which) {
  const { root } = IMAGES[which];
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-context-'));
  const extra = which === 'hub' ? await stageAuthorities(dir) : [];
  const args = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '-cf', '-', '-C', root, ...contextFiles(which), ...extra];
  const tar = spawn('tar', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => { tar.on('error', () => resolve(127)); tar.on('close', (code) => resolve(code ?? 1)); });
  ended.then(() => fs.rmSync(dir, { recursive: true, force: true }));
  return { stream: tar.stdout, ended };
}

/** Added on the way to the engine only: the checkout stays as it is. */
async function stageAuthorities(dir) {
  const file = await machineAuthorities();
  if (file === null) return [];
  const name = `${AUTHORITIES}/machine.crt`;
  fs.mkdirSync(path.join(dir, AUTHORITIES), { recursive: true });
  fs.copyFileSync(file, path.join(dir, name));
  return ['-C', dir, name];
}

module.exports = { IMAGES, contextFiles, imageHash, packContext };
