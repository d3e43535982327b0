import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { HubError } from '../../hub/domain/errors';
import { pause, type Clock } from '../../hub/domain/runtime';
import type { Identity } from './identity';
import { entries, type Run, type Runs } from './runs';

/**
 * The number is on the disk before Jupyter begins, written by the very process that becomes Jupyter: a hub that is killed at any moment
 * leaves nothing that the next one does not find. Nothing secret is in these arguments.
 */
const SCRIPT = [
  'if [ -r /proc/$$/stat ]; then IFS= read -r said < /proc/$$/stat; else said=$(TZ=UTC LC_ALL=C ps -o lstart= -p $$); fi',
  'printf "%s\\n%s\\n" "$$" "$said" > "$1" || exit 1',
  '[ -e "$2" ] || exit 1',
  'shift 2',
  'exec "$@"',
].join('\n');

const LOOK_MS = 20;
/** Jupyter writes such a file when it has got its port, and removes it when it ends. */
const LISTENS = /^(?:jp|nb)server-\d+\.json$/;

export interface Launch {
  readonly run: Run;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface Launched {
  readonly who: Identity;
  readonly child: ChildProcess;
  /** Resolves once it has its port, has ended, took longer than `patienceMs`, or the signal is aborted. Never rejects. */
  readonly settled: (signal: AbortSignal, patienceMs: number) => Promise<'listens' | 'ended' | 'slow' | 'aborted'>;
}

/** Starts it as the leader of a session of its own, so that it outlives the hub and ends with all of its group. */
export async function launch(runs: Runs, clock: Clock, { run, program, args, env, cwd }: Launch): Promise<Launched> {
  const log = await open(runs.logOf(run.id), 'a', 0o600);
  try {
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'berth-lab', runs.pidFileOf(run.id), runs.gateOf(run.id), program, ...args], { cwd, env, detached: true, stdio: ['ignore', log.fd, log.fd] });
    child.unref();
    const over = watchChild(child);
    const who = await identify(runs, clock, { run, over });
    return { who, child, settled: (signal, patienceMs) => settle(runs, clock, { run, over, signal, until: clock.monotonicMs() + patienceMs }) };
  } finally {
    await log.close();
  }
}

interface Over {
  ended: boolean;
  failed: Error | null;
}

function watchChild(child: ChildProcess): Over {
  const over: Over = { ended: false, failed: null };
  child.once('exit', () => (over.ended = true));
  child.once('error', (err) => Object.assign(over, { ended: true, failed: err }));
  return over;
}

async function identify(runs: Runs, clock: Clock, { run, over }: { readonly run: Run; readonly over: Over }): Promise<Identity> {
  for (;;) {
    // Asked in this order: what ended has written before.
    const { ended } = over;
    const who = await runs.processOf(run);
    if (who !== null) return who;
    if (ended) throw new HubError('spawn-failed', 'The lab\'s process could not be started.', { cause: over.failed });
    await pause(clock, LOOK_MS, AbortSignal.any([]));
  }
}

interface Waiting {
  readonly run: Run;
  readonly over: Over;
  readonly signal: AbortSignal;
  readonly until: number;
}

async function settle(runs: Runs, clock: Clock, { run, over, signal, until }: Waiting): ReturnType<Launched['settled']> {
  for (;;) {
    if (signal.aborted) return 'aborted';
    if (over.ended) return 'ended';
    if ((await entries(runs.runtimeOf(run.id))).some((name) => LISTENS.test(name))) return 'listens';
    if (clock.monotonicMs() >= until) return 'slow';
    await pause(clock, LOOK_MS, signal);
  }
}

/** One that nobody has now. Somebody may take it before the lab does: then the lab ends, and `isTaken` tells why. */
export async function freePort(except: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = await bind(0);
    if (port !== null && !except.has(port)) return port;
  }
}

export const isTaken = async (port: number): Promise<boolean> => (await bind(port)) === null;

function bind(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (err: NodeJS.ErrnoException) => (err.code === 'EADDRINUSE' ? resolve(null) : reject(err)));
    server.listen(port, '127.0.0.1', () => {
      const got = (server.address() as AddressInfo).port;
      server.close(() => resolve(got));
    });
  });
}
