'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const apt = require('./apt.cjs');
const { call } = require('./engine-api.cjs');
const { IMAGES, imageHash, packContext } = require('./image-context.cjs');
const { SetupError, step } = require('./report.cjs');
const { run, tail, which } = require('./run.cjs');

const BASE = 'debian:trixie-slim';
const REGISTRY_PATIENCE_MS = 15_000;
const CONTENT_LABEL = 'berth.content';

/** @param {string} ref @returns {{ repo: string, tag: string }} the tag is `latest` where none is written */
function splitRef(ref) {
  const colon = ref.lastIndexOf(':');
  return colon > ref.lastIndexOf('/') ? { repo: ref.slice(0, colon), tag: ref.slice(colon + 1) } : { repo: ref, tag: 'latest' };
}

async function inspect(ref) {
  const { status, json } = await call('GET', `/images/${ref}/json`);
  return status === 200 ? json : null;
}

const isCurrent = (image, hash) => image !== null && image.Config?.Labels?.[CONTENT_LABEL] === hash;

const CALM_MS = 2000;

/** Thousands of lines become one now and then; the first always passes. */
function calm(log) {
  let last = 0;
  return (text) => {
    if (Date.now() - last < CALM_MS) return;
    last = Date.now();
    log(text);
  };
}

/** Without the colours that the builder paints errors with. */
const plain = (text) => text.replace(/\x1b\[[0-9;]*m/g, '').trim();

/** A progress stream reports failure as its last message, after a status of 200. */
async function stream(method, target, options, what) {
  let failure = null;
  const recent = [];
  const onJson = (message) => {
    if (message.error) failure = message.error;
    const text = plain(message.stream ?? message.status ?? '');
    if (text) recent.push(text);
    if (recent.length > 20) recent.shift();
    options.onMessage?.(message, text);
  };
  const { status, json } = await call(method, target, { ...options, onJson });
  if (status >= 400) failure ??= json?.message ?? `the engine answered ${status}`;
  if (failure !== null) throw new SetupError(`${what} failed: ${failure}\n${tail(recent.join('\n'), 12)}`);
}

/** @param {(text: string) => void} log */
async function pull(ref, { log = () => undefined, idleMs = 120_000 } = {}) {
  const { repo, tag } = splitRef(ref);
  const tell = calm(log);
  const onMessage = (message, text) => { if (text) tell([message.id, text, message.progress].filter(Boolean).join(' ').slice(0, 90)); };
  await stream('POST', `/images/create?${new URLSearchParams({ fromImage: repo, tag })}`, { idleMs, onMessage, headers: registryAuth(repo) }, `Pulling ${ref}`);
}

/** @param {(text: string) => void} log */
async function push(ref, { log = () => undefined } = {}) {
  const { repo, tag } = splitRef(ref);
  const tell = calm(log);
  const onMessage = (message, text) => { if (text) tell([message.id, text, message.progress].filter(Boolean).join(' ').slice(0, 90)); };
  await stream('POST', `/images/${repo}/push?${new URLSearchParams({ tag })}`, { idleMs: 120_000, onMessage, headers: registryAuth(repo) }, `Pushing ${ref}`);
}

/** What `docker login` stored for the registry in a reference. The engine wants the header on every push, if empty. */
function registryAuth(repo, env = process.env) {
  const first = repo.split('/')[0];
  const host = repo.includes('/') && /[.:]|^localhost$/.test(first) ? first : null;
  const file = path.join(env.DOCKER_CONFIG ?? path.join(os.homedir(), '.docker'), 'config.json');
  const auths = host !== null && fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).auths ?? {} : {};
  const stored = auths[host]?.auth;
  let config = {};
  if (stored) {
    const [username, ...password] = Buffer.from(stored, 'base64').toString().split(':');
    config = { username, password: password.join(':'), serveraddress: host };
  }
  return { 'x-registry-auth': Buffer.from(JSON.stringify(config)).toString('base64url') };
}

async function bootstrapBase(log) {
  if (!apt.canInstall() && which('mmdebstrap') === null) {
    throw new SetupError(`The image needs the base ${BASE}, and no registry answered. Load it into the engine (docker load, docker import), or run as root on a Debian-family system, where it is made from the distribution's packages.`);
  }
  if (which('mmdebstrap') === null) await apt.install(['mmdebstrap', 'debian-archive-keyring'], log);
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-base-'));
  try {
    const tar = path.join(dir, 'base.tar');
    const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
    const keys = fs.existsSync(keyring) ? [`--keyring=${keyring}`] : [];
    const made = await run('mmdebstrap', ['--variant=apt', '--include=ca-certificates', ...keys, 'trixie', tar], { onLine: (l) => log(l.slice(0, 70)), timeoutMs: 900_000 });
    if (made.code !== 0) throw new SetupError(`The base ${BASE} could not be made with mmdebstrap:\n${tail(made.output)}`);
    const { repo, tag } = splitRef(BASE);
    const query = new URLSearchParams({ fromSrc: '-', repo, tag, changes: 'CMD ["bash"]' });
    await stream('POST', `/images/create?${query}`, { body: fs.createReadStream(tar), idleMs: 300_000 }, `Importing ${BASE}`);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

/** The registry's base where one answers soon, else one made of distribution packages under the same tag. */
async function ensureBase(log) {
  if (await inspect(BASE) !== null) return;
  log(`asking a registry for ${BASE}`);
  const why = await pull(BASE, { log, idleMs: REGISTRY_PATIENCE_MS }).then(() => null, (error) => error);
  if (why === null) return;
  log(`no registry answered; making ${BASE} from distribution packages`);
  await bootstrapBase(log);
}

function buildQuery(which, hash) {
  const { tag, versioned, dockerfile, base } = IMAGES[which];
  const query = new URLSearchParams({ dockerfile, rm: '1', forcerm: '1', labels: JSON.stringify({ [CONTENT_LABEL]: hash }), buildargs: JSON.stringify({ BASE: base === undefined ? BASE : IMAGES[base].tag }) });
  query.append('t', tag);
  if (versioned !== null) query.append('t', `${versioned}:${hash}`);
  return query;
}

/**
 * Builds one of the checkout's images; the engine's layer cache is used.
 * @param {{ which: keyof typeof IMAGES, log?: (text: string) => void }} options
 * @returns {Promise<{ tag: string, hash: string }>}
 */
async function build({ which: name, log = () => undefined }) {
  const hash = imageHash(name);
  const { base } = IMAGES[name];
  if (base === undefined) await ensureBase(log);
  else await ensure(base);
  let at = '';
  const tell = calm(log);
  const onMessage = (_message, text) => {
    const found = /^Step (\d+\/\d+)/.exec(text);
    if (found) at = found[1];
    if (text) tell(`step ${at}: ${text.split('\n').pop().slice(0, 60)}`);
  };
  const context = await packContext(name);
  await stream('POST', `/build?${buildQuery(name, hash)}`, { body: context.stream, idleMs: 1_800_000, headers: { 'content-type': 'application/x-tar' }, onMessage }, `Building ${IMAGES[name].tag}`);
  if (await context.ended !== 0) throw new SetupError('The build context could not be packed: tar failed.');
  return { tag: IMAGES[name].tag, hash };
}

/**
 * Makes sure that an image of the checkout's present content is in the engine, under its tag. One call when it is.
 * @param {keyof typeof IMAGES} which
 * @param {{ allowed?: boolean }} [options] `allowed: false`: an older image under the tag will do; none at all is refused
 */
async function ensure(which, { allowed = true } = {}) {
  const { tag, title, versioned } = IMAGES[which];
  const hash = imageHash(which);
  const present = await inspect(tag);
  if (isCurrent(present, hash)) return;
  if (!allowed) {
    if (present !== null) return;
    throw new SetupError(`The image ${tag} is not in the engine, and --no-image-build forbids making it. Build it (npx berth images build ${which}), or pull one and name it in DOCKER_NOTEBOOK_IMAGE.`);
  }
  if (versioned !== null && isCurrent(await inspect(`${versioned}:${hash}`), hash)) {
    const { repo, tag: name } = splitRef(tag);
    await call('POST', `/images/${versioned}:${hash}/tag?${new URLSearchParams({ repo, tag: name })}`);
    return;
  }
  await step(`Building the ${title}`, (log) => build({ which, log }));
}

module.exports = { CONTENT_LABEL, IMAGES, build, ensure, imageHash, inspect, pull, push, registryAuth, splitRef };
