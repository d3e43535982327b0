import { Agent } from 'node:http';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { Clock } from '../../hub/domain/runtime';
import { toEngineError } from './engine-error';

/** Milliseconds each kind of call may take, waiting for its turn included; an engine that hangs answers nothing at all. */
export const DEADLINE = { ping: 5_000, inspect: 5_000, create: 20_000, start: 20_000, remove: 20_000, list: 10_000, logs: 10_000 } as const;
/** What a stop may take beyond its grace. */
export const STOP_MARGIN_MS = 10_000;
/** Without a byte for this long, a pull is given up. */
export const PULL_IDLE_MS = 120_000;

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
      return await orAbort(run(docker, unseen(either, 'AbortSignal')), either);
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
