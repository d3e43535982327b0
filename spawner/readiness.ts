import { get } from 'node:http';
import { HubError } from '../hub/domain/errors';
import type { Mode } from '../hub/domain/profile';
import { pause, type Clock } from '../hub/domain/runtime';
import type { Health } from './spawner';

export interface ReadinessOptions {
  readonly origin: string;
  /** As in `SpawnRequest`: starts and ends with a slash. */
  readonly prefix: string;
  readonly secret: string;
  readonly mode: Mode;
  /** Asked between attempts, so that a process that ended is not waited for. */
  readonly health: () => Promise<Health>;
  /** Ends the wait: cancelled, or the start took too long. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;
/** Of the time that was waited already: what a pause adds to a start is a fiftieth of it at most, however long it takes. */
const PAUSE_SHARE = 1 / 50;
const ATTEMPT_MS = 3_000;
const HEALTH_EVERY_MS = 250;
const LARGEST_ANSWER = 65_536;
const UNREACHED = 'it cannot be reached';
const DEAF = 'it does not listen yet';
const SILENT = 'it accepts connections and does not answer';
/** What is missing before there is any answer, in the order in which a server gets there. */
const UNANSWERED: readonly string[] = [UNREACHED, DEAF, SILENT];

/**
 * Resolves as soon as the server answers as itself: the version at `<prefix>api`, and a status that is open with its secret and closed
 * without it, so that no other process on that port passes for it (E13). Rejects with a `HubError` when it ended, or on abort.
 */
export async function waitUntilReady(opts: ReadinessOptions): Promise<void> {
  const { clock, signal } = opts;
  const began = clock.monotonicMs();
  const life = watchLife(opts);
  for (let known: string | null = null; ;) {
    const problem = await attempt(opts);
    if (problem === null) return;
    if (signal.aborted) throw gaveUp(signal, tellsMore(problem, known));
    known = problem;
    life.demand();
    await pause(clock, Math.min(Math.max((clock.monotonicMs() - began) * PAUSE_SHARE, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS), signal);
    if (signal.aborted) throw gaveUp(signal, problem);
  }
}

/**
 * Asks the engine now and then whether the server still runs, beside the attempts: an engine that starts other servers takes a tenth of a
 * second to say so, in which this one may have come up.
 */
function watchLife({ health, clock }: ReadinessOptions): { demand(): void } {
  let asked = clock.monotonicMs();
  let asking = false;
  let found: Health | null = null;
  let failure: { readonly err: unknown } | null = null;

  function ask(): void {
    asking = true;
    health()
      .then((said) => void (found = said), (err: unknown) => void (failure = { err }))
      .finally(() => {
        asking = false;
        asked = clock.monotonicMs();
      });
  }

  return {
    /** Throws when the last answer says that it ended, or when there was none. */
    demand: () => {
      if (failure !== null) throw failure.err;
      if (found !== null) demandRunning(found);
      if (!asking && clock.monotonicMs() - asked >= HEALTH_EVERY_MS) ask();
    },
  };
}

/** null: it is ready; else what is missing, in words. */
async function attempt(opts: ReadinessOptions): Promise<string | null> {
  const version = await ask(opts, 'api', false);
  if (version.status === 0) return version.text;
  // What signs visitors in itself may be no Jupyter at all; any answer that is not an error of its own will do (protocol, 1.4).
  if (opts.mode === 'singleuser') return version.status < 500 ? null : `it answers ${version.status}`;
  if (version.status !== 200 || !hasVersion(version.text)) return `it answers ${version.status}, but not as Jupyter does`;
  const open = await ask(opts, 'api/status', false);
  if (open.status === 0) return open.text;
  if (open.status !== 401 && open.status !== 403) return 'it lets everybody in: it does not use JUPYTER_TOKEN';
  const own = await ask(opts, 'api/status', true);
  return own.status === 200 ? null : 'it does not accept its own secret: something else listens there';
}

/** An attempt that was cut short may know less than the one before it: a server that answered an error is not a silent one. */
function tellsMore(problem: string, before: string | null): string {
  const got = (text: string): number => (UNANSWERED.includes(text) ? UNANSWERED.indexOf(text) : UNANSWERED.length);
  return before !== null && got(before) > got(problem) ? before : problem;
}

interface Answer {
  /** 0: none; `text` says why. */
  readonly status: number;
  readonly text: string;
}

/** One connection per request: a kept one would outlive the answer and hide that the port moved to someone else. */
function ask(opts: ReadinessOptions, path: string, withSecret: boolean): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = withSecret ? { authorization: `token ${opts.secret}` } : {};
    const done = (status: number, text: string): void => {
      cancel();
      resolve({ status, text });
      req.destroy();
    };
    const req = get(`${opts.origin}${opts.prefix}${path}`, { agent: false, headers, signal: opts.signal }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > LARGEST_ANSWER) done(res.statusCode ?? 0, '');
      });
      res.on('end', () => done(res.statusCode ?? 0, text));
      res.on('error', () => done(0, 'it broke off its answer'));
    });
    let connected = false;
    req.once('socket', (socket) => socket.once('connect', () => (connected = true)));
    const missing = (): string => (connected ? SILENT : UNREACHED);
    const cancel = opts.clock.after(ATTEMPT_MS, () => done(0, missing()));
    req.on('error', (err: NodeJS.ErrnoException) => done(0, err.code === 'ECONNREFUSED' ? DEAF : missing()));
  });
}

function hasVersion(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'string';
  } catch {
    // Not JSON: whatever answers there is not Jupyter.
    return false;
  }
}

function demandRunning(health: Health): void {
  if (health.kind === 'exited') throw new HubError('spawn-failed', `The server ended while starting. ${health.detail}`, { details: { exitCode: health.exitCode, oomKilled: health.oomKilled } });
  if (health.kind === 'absent') throw new HubError('spawn-failed', 'The server was removed while starting.');
}

function gaveUp(signal: AbortSignal, problem: string): HubError {
  if (signal.reason instanceof HubError) return signal.reason;
  return new HubError('spawn-failed', `The server did not become ready: ${problem}.`, { cause: signal.reason });
}
