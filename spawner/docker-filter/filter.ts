import http from 'node:http';
import { pipeline } from 'node:stream';
import type { Logger } from '../../hub/domain/runtime';
import { LABEL } from '../labels';
import { instanceOf, readAttach, readContainer, readNetwork, readVolume, Refused } from './bodies';
import { createEngine } from './engine';
import { createOwnership, Foreign, type Allowed, type Ownership, type Pin } from './ownership';
import { ruleFor, type Rule } from './rules';

export interface FilterDeps {
  /** The engine's own socket. */
  readonly engineSocket: string;
  readonly allowed: Allowed;
  readonly pin: Pin;
  /** Every refusal is written here, with what was asked. */
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

const MOST_BODY = 1 << 20;
/** Names, labels and sizes of everything in the engine. */
const MOST_ANSWER = 64 << 20;
const FILES = '/files';

/** What goes on to the engine after everything held. */
interface Onward {
  readonly path: string;
  /** Written anew from what was checked; undefined: none. */
  readonly body?: string;
  readonly cut?: 'networks' | 'sizes';
  /** The whole answer; the engine is not asked again. */
  readonly outline?: unknown;
}

/** The server between hub and engine. Listens nowhere by itself; ends with `close`. */
export function createFilter({ engineSocket, allowed, pin, log }: FilterDeps): http.Server {
  const engine = createEngine(engineSocket);
  const ownership = createOwnership(engine, allowed, pin);

  async function answer(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    const [path = '', search = ''] = (req.url ?? '').split(/\?(.*)/s);
    const rule = ruleFor(req.method ?? '', path);
    if (rule === null) throw new Refused('no hub needs this call');
    const query = new URLSearchParams(search);
    const onward = await allow({ rule, ownership, pin, query, body: await readBody(req) });
    if (onward.outline !== undefined) return void res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(onward.outline));
    const target = `${onward.path}${onwardQuery(query, rule)}`;
    engine.forward({ method: req.method ?? 'GET', target, body: onward.body, auth: registryAuthOf(req) }, (reply) => {
      res.on('close', () => reply.destroy());
      if (onward.cut !== undefined && reply.statusCode === 200) return void cutDown(reply, res, onward.cut === 'networks' ? (all) => networksIn(all, pin) : (all) => sizesIn(all, pin, ownership));
      res.writeHead(reply.statusCode ?? 502, { 'content-type': reply.headers['content-type'] ?? 'application/json' });
      res.flushHeaders();
      pipeline(reply, res, () => undefined);
    }, (err) => fail(res, 502, `The engine does not answer: ${err.message}`));
  }

  const server = http.createServer((req, res) => {
    answer(req, res).catch((err: unknown) => {
      if (err instanceof Absent) return fail(res, 404, err.message);
      const refused = err instanceof Refused;
      // Without the query: clients repeat a new container in it, with the secrets in its environment.
      log.warn({ method: req.method, path: (req.url ?? '').split('?')[0]?.slice(0, 256), reason: refused ? err.message : String(err) }, refused ? 'a call was refused' : 'a call could not be judged');
      fail(res, refused ? 403 : 502, refused ? `Refused by the filter: ${err.message}.` : 'The filter could not judge this call.');
    });
  });
  // Neither hijacked streams nor tunnels: no verb of a hub needs one.
  server.on('upgrade', (_req, socket) => socket.destroy());
  server.on('connect', (_req, socket) => socket.destroy());
  server.on('clientError', (_err, socket) => socket.destroy());
  return server;
}

interface Asked {
  readonly rule: Rule;
  readonly ownership: Ownership;
  readonly pin: Pin;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Nothing is called that; said here, because between the question and the call somebody else might take the name. */
class Absent extends Error {}

async function allow(asked: Asked): Promise<Onward> {
  const { rule, ownership } = asked;
  const named = (id: string | null): Onward => ({ path: rule.template.replace('{}', known(id, rule)) });
  switch (rule.demand) {
    case 'nothing': return { path: rule.template.replace('{}', rule.subject) };
    case 'own-query': return ownQuery(asked);
    case 'own-answer': return { path: rule.template, cut: 'networks' };
    case 'own-sizes': return { path: rule.template, cut: 'sizes' };
    case 'own-files': return ownFiles(asked, named);
    case 'own-container': return named(await ownership.container(rule.subject));
    case 'start': return named(await ownership.startable(rule.subject));
    case 'look-at-container': return outlined(rule, async () => named(await ownership.container(rule.subject, { hubToo: true })));
    case 'look-at-network': return outlined(rule, async () => named(await ownership.network(rule.subject)));
    case 'look-at-volume': return outlined(rule, async () => named(await ownership.volume(rule.subject)));
    case 'own-network': return named(await ownership.network(rule.subject));
    case 'own-volume': return named(await ownership.volume(rule.subject));
    case 'new-container': return newContainer(asked);
    case 'new-network': return newNetwork(asked);
    case 'new-volume': return made(asked, readVolume(asked.body));
    case 'attach': return attach(asked);
    case 'pull': return pull(asked);
  }
}

/** What the rule knows of, written anew: an engine that takes `;` for `&` must not find a parameter that was not looked at. */
function onwardQuery(query: URLSearchParams, { query: known }: Rule): string {
  const kept = new URLSearchParams();
  for (const key of known) {
    const [value, second] = query.getAll(key);
    if (second !== undefined) throw new Refused(`${key} comes more than once`);
    if (value !== undefined) kept.set(key, value);
  }
  return kept.size === 0 ? '' : `?${kept}`;
}

const REPOSITORY = /^(?:[A-Za-z0-9.-]+(?::\d{1,5})?\/)?[a-z0-9._-]+(?:\/[a-z0-9._-]+)*$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TAG = /^\w[\w.-]{0,127}$/;

/** What is here already keeps its name: a registry's image by the name of the hub's own would be run in its place, with the engine's socket. */
async function pull({ rule, ownership, query }: Asked): Promise<Onward> {
  const [image, tag] = [query.get('fromImage') ?? '', query.get('tag') ?? ''];
  if (query.has('fromSrc') || !REPOSITORY.test(image) || image.includes('..') || !(TAG.test(tag) || DIGEST.test(tag))) throw new Refused('images are pulled, one by its name and tag, and never made here');
  const present = await ownership.hasImage(`${image}${DIGEST.test(tag) ? '@' : ':'}${tag}`);
  return present ? { path: '', outline: { status: 'The image is here already.' } } : { path: rule.template };
}

/** The shape of each kind's answer, with nothing in it but whether a hub made the thing. */
async function outlined({ subject }: Rule, look: () => Promise<Onward>): Promise<Onward> {
  try {
    return await look();
  } catch (err) {
    if (!(err instanceof Foreign)) throw err;
    const Labels = err.hubs ? { [LABEL.instance]: 'another' } : {};
    return { path: '', outline: { Name: subject, Labels, Config: { Labels } } };
  }
}

function known(id: string | null, { subject }: Rule): string {
  if (id === null) throw new Absent(`No such object: ${subject}`);
  return id;
}

/** A list of everything would name everybody's things: the query has to ask for what carries this hub's label, or for containers on its volumes. */
async function ownQuery({ rule, ownership, query }: Asked): Promise<Onward> {
  const filters = parse(query.get('filters') ?? '') as { label?: unknown; volume?: unknown } | undefined;
  const labels = keysOf(filters?.label);
  const instance = labels.find((label) => label.startsWith(`${LABEL.instance}=`));
  if (instance !== undefined) {
    ownership.demandInstance(instance.slice(LABEL.instance.length + 1));
    return { path: rule.template };
  }
  const volumes = keysOf(filters?.volume);
  // An empty list filters nothing, and where events are concerned a name stands for all that begins with it.
  if (volumes.length === 0 || !rule.template.endsWith('/containers/json')) throw new Refused(`the query does not ask for ${LABEL.instance}`);
  for (const volume of volumes) await ownership.volume(volume);
  return { path: rule.template };
}

/** Filters come as `["a"]` or as `{"a":true}`. */
const keysOf = (filter: unknown): readonly string[] => (Array.isArray(filter) ? filter.map(String) : typeof filter === 'object' && filter !== null ? Object.keys(filter) : []);

function made({ rule, ownership }: Asked, body: { readonly Labels: Readonly<Record<string, string>> }): Onward {
  ownership.demandInstance(instanceOf(body));
  return { path: rule.template, body: JSON.stringify(body) };
}

function newNetwork(asked: Asked): Onward {
  const body = readNetwork(asked.body);
  for (const { Subnet } of body.IPAM.Config) asked.ownership.demandRange(Subnet);
  return made(asked, body);
}

async function newContainer(asked: Asked): Promise<Onward> {
  const body = readContainer(asked.body);
  const { ownership } = asked;
  ownership.demandInstance(instanceOf(body));
  for (const network of new Set([body.HostConfig.NetworkMode, ...Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {})])) {
    if (network !== 'none' && (await ownership.network(network)) === null) throw new Refused(`there is no network ${network}`);
  }
  for (const mount of body.HostConfig.Mounts ?? []) {
    if (mount.Type === 'bind') await ownership.demandFolder(mount.Source);
    // One that does not exist yet is made by this very call, and has to come out as the hub's.
    else if ((await ownership.volume(mount.Source)) === null && !ownership.isGiven(mount.Source)) ownership.demandInstance(instanceOf({ Labels: mount.VolumeOptions?.Labels ?? {} }));
  }
  return { path: asked.rule.template, body: JSON.stringify(body) };
}

async function attach({ rule, ownership, body }: Asked): Promise<Onward> {
  const asked = readAttach(body);
  const network = known(await ownership.network(rule.subject), rule);
  const container = known(await ownership.container(asked.Container, { hubToo: true }), { ...rule, subject: asked.Container });
  return { path: rule.template.replace('{}', network), body: JSON.stringify({ ...asked, Container: container }) };
}

/** Files leave containers only through the place that downloads of volumes are mounted at. */
async function ownFiles({ rule, ownership, query }: Asked, named: (id: string | null) => Onward): Promise<Onward> {
  if (query.get('path') !== FILES) throw new Refused(`nothing but ${FILES} is read out of containers`);
  return named(await ownership.container(rule.subject));
}

interface Network {
  readonly Labels?: Readonly<Record<string, string>>;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] };
}

/** Of others' networks only the addresses: they are needed to choose free ones. */
const networksIn = (all: unknown, pin: Pin): unknown =>
  ((all ?? []) as readonly Network[]).map((network) => (pin.get() !== null && network.Labels?.[LABEL.instance] === pin.get() ? network : { Labels: {}, IPAM: { Config: (network.IPAM?.Config ?? []).map(({ Subnet }) => ({ Subnet })) } }));

interface Usage {
  readonly Volumes?: readonly { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> | null }[] | null;
}

const sizesIn = (all: unknown, pin: Pin, ownership: Ownership): unknown => ({
  Volumes: ((all as Usage | undefined)?.Volumes ?? []).filter(({ Name, Labels }) => (pin.get() !== null && Labels?.[LABEL.instance] === pin.get()) || ownership.isGiven(Name)),
});

function cutDown(reply: http.IncomingMessage, res: http.ServerResponse, cut: (all: unknown) => unknown): void {
  collect(reply, MOST_ANSWER).then(
    (text) => void res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(cut(parse(text)))),
    () => fail(res, 502, 'The engine broke off its answer.'),
  );
}

async function readBody(req: http.IncomingMessage): Promise<unknown> {
  const text = await collect(req, MOST_BODY);
  if (text === '') return undefined;
  const body = parse(text);
  if (body === undefined) throw new Refused('the body is not JSON');
  return body;
}

async function collect(from: http.IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) throw new Refused('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** undefined: not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const registryAuthOf = (req: http.IncomingMessage): string | undefined => {
  const value = req.headers['x-registry-auth'];
  return typeof value === 'string' ? value : undefined;
};

function fail(res: http.ServerResponse, status: number, message: string): void {
  if (res.headersSent) return void res.destroy();
  res.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ message }));
}
