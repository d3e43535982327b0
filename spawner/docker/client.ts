import { Agent } from 'node:http';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { Clock } from '../../hub/domain/runtime';
import type { ApiOffer } from './api-version';
import { chooseApi, isRefusedApi } from './api-version';
import { engineStatus, engineText, toEngineError } from './engine-error';

/**
 * Milliseconds each kind of call may take, waiting for its turn included; an engine that hangs answers nothing at all.
 * A start begins with lists: when they fail, whoever asked for it is still waiting for its outcome (10 s), and is told (O01).
 */
export const DEADLINE = { ping: 5_000, inspect: 5_000, create: 20_000, start: 20_000, remove: 20_000, list: 8_000, logs: 10_000 } as const;
/** What a stop may take beyond its grace. */
export const STOP_MARGIN_MS = 10_000;
/** Without a byte for this long, a pull is given up. */
export const PULL_IDLE_MS = 120_000;

/** Longer than an engine takes that is busy, shorter than those wait who want to make something. */
const NEGOTIATION_MS = 10_000;
const MAX_IN_FLIGHT = 50;
const MAX_WAITING = 500;

export interface EngineCall<T> {
  /** The sentence goes on: "Docker could not …". */
  readonly what: string;
  readonly ms: number;
  readonly run: (docker: Docker, abortSignal: AbortSignal) => Promise<T>;
  /** The caller's own reason to stop waiting. */
  readonly signal?: AbortSignal;
}

export interface DockerClient {
  /** Rejects with a `HubError` whose `details.engineStatus` is the engine's status, absent when it did not answer. */
  call<T>(call: EngineCall<T>): Promise<T>;
  /** The driver itself, for streams that have no end; whoever opens one sees to its end. */
  readonly docker: Docker;
  /** False when the engine runs on another machine: nothing on this host is true there. */
  readonly local: boolean;
  close(): void;
}

/** `host`: `unix:///…` (default: the usual socket) or `tcp://host:port`. */
export function createDockerClient(opts: { readonly host?: string | undefined; readonly clock: Clock }): DockerClient {
  const agent = unseen(new Agent({ keepAlive: false }), 'Agent');
  const { local, target } = parseHost(opts.host);
  // `host: undefined` matters: the driver would else read the environment, which has one reader.
  const docker = new Docker({ host: undefined, ...target, agent } as Docker.DockerOptions);
  const speech = createSpeech({ docker, plain: new Docker({ host: undefined, ...target, agent } as Docker.DockerOptions), clock: opts.clock });
  const waiting: (() => void)[] = [];
  let inFlight = 0;

  async function call<T>({ what, ms, run, signal }: EngineCall<T>): Promise<T> {
    const deadline = new AbortController();
    const cancel = opts.clock.after(ms, () => deadline.abort(new HubError('unavailable', `Docker did not answer in time: it could not ${what}.`, { retryAfterSeconds: 10 })));
    const either = signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, signal]);
    let release: (() => void) | null = null;
    try {
      const turn = enter(either);
      await turn;
      release = leave;
      return await speech.with(() => orAbort(run(docker, unseen(either, 'AbortSignal')), either), either, what);
    } catch (err) {
      throw either.aborted ? abortReason(either, what) : toEngineError(err, what);
    } finally {
      cancel();
      release?.();
    }
  }

  function enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (inFlight < MAX_IN_FLIGHT) {
      inFlight += 1;
      return Promise.resolve();
    }
    if (waiting.length >= MAX_WAITING) return Promise.reject(new HubError('unavailable', 'Docker is busy; try again in a moment.', { retryAfterSeconds: 10 }));
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', giveUp);
        inFlight += 1;
        resolve();
      };
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(signal.reason as Error);
      };
      waiting.push(go);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  function leave(): void {
    inFlight -= 1;
    waiting.shift()?.();
  }

  return { call, docker, local, close: () => agent.destroy() };
}

/** The driver describes every request down to the last hidden field for its debug log, also when nobody reads it; these are large. */
const unseen = <T extends object>(value: T, name: string): T => Object.assign(value, { [inspect.custom]: () => name });

interface Speech {
  /** Runs it once it is known which version of its API the engine speaks, and once more when the engine was replaced by one that refuses that. */
  with<T>(run: () => Promise<T>, signal: AbortSignal, what: string): Promise<T>;
}

/** `plain` asks without a version, which every engine answers. What was agreed on is kept until it is refused. */
function createSpeech({ docker, plain, clock }: { readonly docker: Docker; readonly plain: Docker; readonly clock: Clock }): Speech {
  let agreed: Promise<void> | null = null;

  async function negotiate(): Promise<void> {
    const deadline = new AbortController();
    const cancel = clock.after(NEGOTIATION_MS, () => deadline.abort(new HubError('unavailable', 'Docker did not answer in time: it could not tell its version.', { retryAfterSeconds: 10 })));
    try {
      // The types do not know of the signal, the driver does.
      const ask = plain.version as (options: object) => Promise<ApiOffer>;
      const api = chooseApi(await orAbort(ask.call(plain, { abortSignal: unseen(deadline.signal, 'AbortSignal') }), deadline.signal));
      Object.assign(docker.modem as object, { version: api === null ? undefined : `v${api}` });
    } finally {
      cancel();
    }
  }

  function agree(): Promise<void> {
    const asked = (agreed ??= negotiate());
    return asked.catch((err: unknown) => {
      if (agreed === asked) agreed = null;
      throw err;
    });
  }

  return {
    async with(run, signal, what) {
      await orAbort(agree(), signal);
      const before = agreed;
      try {
        return await run();
      } catch (err) {
        const failed = toEngineError(err, what);
        if (signal.aborted || !isRefusedApi(engineStatus(failed), engineText(failed))) throw err;
        // Somebody else may have asked again already.
        if (agreed === before) agreed = null;
        await orAbort(agree(), signal);
        return run();
      }
    },
  };
}

/** The driver may never call back after an abort, so its promise is not waited for. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

const abortReason = (signal: AbortSignal, what: string): HubError =>
  signal.reason instanceof HubError ? signal.reason : new HubError('spawn-failed', `Cancelled before Docker could ${what}.`, { cause: signal.reason });

function parseHost(host: string | undefined): { readonly local: boolean; readonly target: Docker.DockerOptions } {
  if (host === undefined || host === '') return { local: true, target: { socketPath: '/var/run/docker.sock' } };
  if (host.startsWith('unix://')) return { local: true, target: { socketPath: host.slice('unix://'.length) } };
  const match = /^(tcp|http|https):\/\/([^/:]+|\[[^\]]+\])(?::(\d+))?\/?$/.exec(host);
  if (match === null) throw new HubError('invalid-input', `The Docker host ${host} is neither unix:///path nor tcp://host:port.`);
  const [, scheme, name = '', port] = match;
  return { local: false, target: { host: name.replace(/^\[|\]$/g, ''), port: Number(port ?? 2375), protocol: scheme === 'https' ? 'https' : 'http' } };
}
