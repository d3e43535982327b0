import { LRUCache } from 'lru-cache';
import { isOwn, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import { filePathOf, nameOfPath } from '../domain/file-path';
import { DEFAULT_SERVER, type VolumeId } from '../domain/ids';
import { notebookOf } from '../domain/notebook';
import type { Clock } from '../domain/runtime';
import type { User } from '../domain/user';
import { VOLUME_PURPOSES } from '../domain/volume';
import type { FileContent, Volumes as VolumeEngine } from '../../spawner/spawner';
import type { Store } from '../store/store';
import type { FilePreview, Files, Where, WhereAsk } from './files-contract';
import { createPlaces, type Places } from './file-places';
import type { VolumeCore } from './volume-core';

interface FilesDeps {
  readonly store: Store;
  readonly engine: VolumeEngine;
  readonly core: VolumeCore;
  readonly clock: Clock;
  readonly image: string;
  /** Shared with downloads of whole volumes. */
  readonly downloads: Places;
  /** Ends all of them. */
  readonly closing: AbortSignal;
}

const CONFIRMED_MS = 3_600_000;
const MOST_CONFIRMED = 10_000;
/** A notebook is only one when all of it is read, and reading JSON holds everybody else up. */
const LARGEST_NOTEBOOK = 4 * 1024 ** 2;
const LARGEST_TEXT = 256 * 1024;

export function createFiles({ store, engine, core, clock, image, downloads, closing }: FilesDeps): Files {
  const looks = createPlaces({ each: 4, all: 16, tooMany: 'Too many folders are being read. Wait a moment and try again.' });
  const confirmed = new LRUCache<string, number>({ max: MOST_CONFIRMED });
  const keyOf = (actor: Actor, owner: User): string => `${actor.credential} ${owner.id}`;
  const isConfirmed = (actor: Actor, owner: User): boolean => (confirmed.get(keyOf(actor, owner)) ?? 0) > clock.monotonicMs();

  function confirm(actor: Actor, owner: User): void {
    core.demanded(actor, 'access:servers', owner);
    if (isOwn(actor, owner)) return;
    store.transaction(() => {
      core.recorded(actor, 'volume.browse', owner, { volumes: [] });
      // Whoever reads somebody's files has entered as much as somebody who opens the server.
      const server = store.servers.find(owner.id, DEFAULT_SERVER);
      if (server !== undefined) store.visits.add(server.id, actor.name, clock.now());
    });
    confirmed.set(keyOf(actor, owner), clock.monotonicMs() + CONFIRMED_MS);
  }

  const mustConfirm = (actor: Actor, owner: User): boolean => !isOwn(actor, owner) && actor.via === 'cookie' && !isConfirmed(actor, owner);

  function demandEntered(actor: Actor, owner: User): void {
    if (mustConfirm(actor, owner)) throw new HubError('forbidden', `Confirm first that you want to look into the files of ${owner.name}: open them from the page "Files".`);
    if (!isOwn(actor, owner) && !isConfirmed(actor, owner)) confirm(actor, owner);
  }

  function locate(actor: Actor, owner: User, { volume, path }: WhereAsk): Where {
    core.demanded(actor, 'access:servers', owner);
    const at = filePathOf(path);
    if (at === undefined) throw new HubError('invalid-input', 'This is not the path of a file: it has to lead down from its volume, name by name.');
    const purpose = VOLUME_PURPOSES.find((one) => one === volume);
    const found = purpose === undefined ? core.ofOwner(owner, volume as VolumeId) : core.activeFor(owner.id, purpose);
    if (found === undefined) throw new HubError('not-found', 'There is no such volume yet: one is made at the first start.');
    if (found.state === 'removing') throw new HubError('not-found', 'This volume is being removed.');
    return { volume: found, path: at };
  }

  function enter(actor: Actor, owner: User, ask: WhereAsk): Where {
    const where = locate(actor, owner, ask);
    demandEntered(actor, owner);
    return where;
  }

  const asked = (signal: AbortSignal) => ({ image, signal: AbortSignal.any([signal, closing]) });

  /** A place is held until nobody reads any more. */
  async function held<T>(leave: () => void, work: () => Promise<T>, streamOf: (result: T) => { once(event: 'close', listener: () => void): unknown } | undefined): Promise<T> {
    try {
      const result = await work();
      const stream = streamOf(result);
      if (stream === undefined) leave();
      else stream.once('close', leave);
      return result;
    } catch (err) {
      leave();
      throw err;
    }
  }

  const recorded = (actor: Actor, owner: User, { volume, path }: Where): void => core.recorded(actor, 'volume.read', owner, { volumes: [volume], path: path.slice(0, LONGEST_NOTED) });

  return {
    locate,
    mustConfirm(actor, owner) {
      core.demanded(actor, 'access:servers', owner);
      return mustConfirm(actor, owner);
    },
    confirm,
    async list(actor, owner, ask, signal) {
      const where = enter(actor, owner, ask);
      const page = await held(looks.enter(owner.id), () => engine.listFolder(where, { ...asked(signal), offset: ask.offset, limit: ask.limit }), () => undefined);
      return { ...page, ...where };
    },
    async download(actor, owner, ask, signal) {
      const where = enter(actor, owner, ask);
      const { bytes, stream } = await held(downloads.enter(owner.id), async () => {
        recorded(actor, owner, where);
        return engine.readFile(where, asked(signal));
      }, (file) => file.stream);
      return { name: nameOfPath(where.path), bytes, stream };
    },
    async archive(actor, owner, ask, signal) {
      const where = enter(actor, owner, ask);
      const stream = await held(downloads.enter(owner.id), async () => {
        recorded(actor, owner, where);
        return engine.archiveFolder(where, asked(signal));
      }, (tar) => tar);
      return { fileName: `${nameOfPath(where.path) || where.volume.purpose}.tar`, stream };
    },
    async preview(actor, owner, ask, signal) {
      const where = enter(actor, owner, ask);
      const file = await held(looks.enter(owner.id), () => engine.readFile(where, asked(signal)), ({ stream }) => stream);
      try {
        const shown = await previewOf(file, nameOfPath(where.path).endsWith('.ipynb'));
        return { ...shown, bytes: file.bytes, modified: file.modified, ...where };
      } finally {
        file.stream.destroy();
      }
    },
  };
}

/** Of a path, in the audit log. */
const LONGEST_NOTED = 500;

async function previewOf(file: FileContent, notebook: boolean): Promise<FilePreview> {
  if (!notebook) return textOf(await upTo(file, LARGEST_TEXT), file.bytes > LARGEST_TEXT);
  if (file.bytes > LARGEST_NOTEBOOK) return { kind: 'none', why: 'large' };
  const preview = notebookOf(parse((await upTo(file, LARGEST_NOTEBOOK)).toString('utf8')));
  return preview === undefined ? { kind: 'none', why: 'no-notebook' } : { kind: 'notebook', notebook: preview };
}

async function upTo({ stream }: FileContent, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

/** A letter that the cut goes through is left out. */
function textOf(bytes: Buffer, cut: boolean): FilePreview {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut });
    return text.includes('\0') ? { kind: 'none', why: 'binary' } : { kind: 'text', text, cut };
  } catch {
    return { kind: 'none', why: 'binary' };
  }
}

/** undefined: not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
