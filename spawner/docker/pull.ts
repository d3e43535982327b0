import { HubError } from '../../hub/domain/errors';
import type { Clock } from '../../hub/domain/runtime';
import type { DockerClient } from './client';
import { DEADLINE, PULL_IDLE_MS } from './client';
import { engineStatus, toEngineError, unlessMissing } from './engine-error';

/** `totalBytes`: null until the registry told the size of every layer. */
export interface Pulled {
  readonly receivedBytes: number;
  readonly totalBytes: number | null;
  readonly layers: { readonly done: number; readonly total: number };
}

export type PullProgress = (pulled: Pulled) => void;

export interface Images {
  /** Resolves with its id once the image is on the engine. Concurrent callers share one pull (M06), which ends when the last of them gives up. */
  ensure(image: string, onProgress: PullProgress, signal: AbortSignal): Promise<string>;
  close(): void;
}

interface Pull {
  readonly done: Promise<void>;
  readonly stop: AbortController;
  readonly watchers: Set<PullProgress>;
}

export function createImages(client: DockerClient, clock: Clock): Images {
  const pulls = new Map<string, Pull>();

  const idOf = async (image: string, signal: AbortSignal): Promise<string> => (await client.call({ what: 'look for the image', ms: DEADLINE.inspect, run: (d) => d.getImage(image).inspect(), signal })).Id;

  async function ensure(image: string, onProgress: PullProgress, signal: AbortSignal): Promise<string> {
    const present = await unlessMissing(idOf(image, signal), null);
    if (present !== null) return present;
    const pull = pulls.get(image) ?? begin(image);
    pull.watchers.add(onProgress);
    try {
      await untilAborted(pull.done, signal);
      return await idOf(image, signal);
    } finally {
      pull.watchers.delete(onProgress);
      if (pull.watchers.size === 0) {
        // Forgotten at once, so that nobody joins a pull that is being given up.
        forget(image, pull);
        pull.stop.abort(new HubError('spawn-failed', 'Cancelled while the image was being fetched.'));
      }
    }
  }

  function begin(image: string): Pull {
    const stop = new AbortController();
    const watchers = new Set<PullProgress>();
    const done = run(image, stop.signal, (pulled) => watchers.forEach((tell) => tell(pulled)));
    const pull = { done, stop, watchers };
    pulls.set(image, pull);
    // Whoever waits hears of a failure; with nobody waiting any more, nobody needs to.
    done.then(() => forget(image, pull), () => forget(image, pull));
    return pull;
  }

  function forget(image: string, pull: Pull): void {
    if (pulls.get(image) === pull) pulls.delete(image);
  }

  async function run(image: string, signal: AbortSignal, tell: PullProgress): Promise<void> {
    const idle = new AbortController();
    let cancel = (): void => undefined;
    const alive = (): void => {
      cancel();
      cancel = clock.after(PULL_IDLE_MS, () => idle.abort(new HubError('unavailable', `The registry stopped sending ${image}. Try again later.`, { retryAfterSeconds: 60 })));
    };
    const either = AbortSignal.any([signal, idle.signal]);
    alive();
    tell({ receivedBytes: 0, totalBytes: null, layers: { done: 0, total: 0 } });
    try {
      const stream = await client.call({ what: `fetch ${image}`, ms: PULL_IDLE_MS, run: (d, abortSignal) => d.pull(withTag(image), { abortSignal }) as Promise<NodeJS.ReadableStream>, signal: either });
      await follow(stream as NodeJS.ReadableStream & AsyncIterable<Buffer> & { destroy(): void }, either, (pulled) => {
        alive();
        tell(pulled);
      });
    } catch (err) {
      throw either.aborted && either.reason instanceof HubError ? either.reason : absent(image, err);
    } finally {
      cancel();
    }
  }

  return { ensure, close: () => pulls.forEach((pull) => pull.stop.abort(new HubError('unavailable', 'The hub is stopping.'))) };
}

/** Without a tag, the engine would fetch all of them. */
const withTag = (image: string): string => (/[:@][^/]+$/.test(image) ? image : `${image}:latest`);

interface Line {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

interface Layer {
  readonly current: number;
  readonly total: number | null;
}

const sumOf = (layers: readonly Layer[]): Pulled => ({
  receivedBytes: layers.reduce((sum, { current }) => sum + current, 0),
  totalBytes: layers.length > 0 && layers.every(({ total }) => total !== null) ? layers.reduce((sum, { total }) => sum + (total ?? 0), 0) : null,
  layers: { done: layers.filter(({ current, total }) => total !== null && current >= total).length, total: layers.length },
});

async function follow(stream: NodeJS.ReadableStream & AsyncIterable<Buffer> & { destroy(): void }, signal: AbortSignal, tell: PullProgress): Promise<void> {
  const layers = new Map<string, Layer>();
  const stop = (): void => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  let rest = '';
  try {
    for await (const chunk of stream) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) note(layers, line);
      tell(sumOf([...layers.values()]));
    }
    note(layers, rest);
    if (signal.aborted) throw signal.reason;
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}

function note(layers: Map<string, Layer>, text: string): void {
  if (text.trim() === '') return;
  const line = JSON.parse(text) as Line;
  if (line.error !== undefined) throw new Error(line.error);
  if (line.id === undefined || line.status === undefined) return;
  if (line.status === 'Pulling fs layer' || line.status === 'Waiting') layers.set(line.id, layers.get(line.id) ?? { current: 0, total: null });
  if (line.status === 'Downloading') layers.set(line.id, { current: line.progressDetail?.current ?? 0, total: line.progressDetail?.total ?? layers.get(line.id)?.total ?? null });
  const layer = layers.get(line.id);
  if (layer !== undefined && /^(Download complete|Verifying|Extracting|Pull complete)/.test(line.status)) layers.set(line.id, { current: layer.total ?? layer.current, total: layer.total ?? layer.current });
}

function absent(image: string, err: unknown): HubError {
  const known = toEngineError(err, `fetch ${image}`);
  if (known.code === 'unavailable' && engineStatus(known) === null && !(err instanceof Error && /pull|registry|manifest|lookup|dial/i.test(err.message))) return known;
  return new HubError('spawn-failed', `The image ${image} is not on this machine and no registry could provide it. An administrator can build it with \`berth images build\`, or correct the profile.`, { cause: err });
}

function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof HubError ? signal.reason : new HubError('spawn-failed', 'Cancelled while the image was being fetched.', { cause: signal.reason }));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
