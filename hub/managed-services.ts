import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Clock, Logger } from './domain/runtime';

/** A program that the hub runs for a service. */
export interface ManagedProgram {
  readonly name: string;
  /** Program and arguments; no shell sees them. */
  readonly command: readonly string[];
  /** null: the hub's own. */
  readonly cwd: string | null;
  readonly environment: Readonly<Record<string, string>>;
  /** Never in the log, whatever the program prints. */
  readonly token: string;
}

export interface ManagedServicesDeps {
  readonly programs: readonly ManagedProgram[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Remembers what runs, so that a hub that was killed finds what it left behind: `store.meta`. */
  readonly memory: { get(key: string): string | undefined; set(key: string, value: string): void; remove(key: string): void };
  /** How long a program may take to end by itself. */
  readonly graceMs?: number;
}

export interface ManagedServices {
  start(): void;
  /** 0: it does not run now. */
  pidOf(name: string): number;
  /** Ends all of them, by force where they do not. Resolves when none is left. Idempotent. */
  close(): Promise<void>;
}

const GRACE_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Whoever ran for that long was well: the next restart comes soon again. */
const WELL_MS = 60_000;
const LONGEST_LINE = 4_000;

/** Starts, watches and restarts them, each by itself; a program that does not start is no reason for the hub not to. */
export function createManagedServices(deps: ManagedServicesDeps): ManagedServices {
  const running = deps.programs.map((program) => supervise(program, deps));
  const pids = new Map(deps.programs.map(({ name }, i) => [name, running[i]]));
  let closed: Promise<void> | undefined;
  return {
    start: () => running.forEach((one) => one.start()),
    pidOf: (name) => pids.get(name)?.pid() ?? 0,
    close: () => (closed ??= Promise.all(running.map((one) => one.close())).then(() => undefined)),
  };
}

interface Supervised {
  start(): void;
  pid(): number;
  close(): Promise<void>;
}

function supervise(program: ManagedProgram, { clock, log, memory, graceMs = GRACE_MS }: ManagedServicesDeps): Supervised {
  const key = `service-process:${program.name}`;
  const about = { service: program.name };
  let child: ChildProcess | undefined;
  let closing = false;
  let pauseMs = FIRST_PAUSE_MS;
  let cancel = (): void => {};

  const gone = (what: Readonly<Record<string, unknown>>, startedMs: number): void => {
    child = undefined;
    memory.remove(key);
    if (closing) return;
    if (clock.monotonicMs() - startedMs >= WELL_MS) pauseMs = FIRST_PAUSE_MS;
    log.warn({ ...about, ...what, restartInMs: pauseMs }, 'a service ended and is started again');
    cancel = clock.after(pauseMs, start);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  };

  const start = (): void => {
    if (closing) return;
    const startedMs = clock.monotonicMs();
    const [file = '', ...args] = program.command;
    // A process group of its own: what it starts ends with it.
    const started = spawn(file, args, { cwd: program.cwd ?? undefined, env: program.environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    child = started;
    whenGone(started, (what) => gone(what, startedMs));
    logLines(started.stdout, 'stdout', program, log);
    logLines(started.stderr, 'stderr', program, log);
    if (started.pid === undefined) return;
    memory.set(key, `${started.pid}:${bornAt(started.pid)}`);
    log.info({ ...about, pid: started.pid }, 'a service was started');
  };

  return {
    start() {
      endLeftover(memory.get(key), () => log.warn(about, 'a process of this service was left by a hub that was killed, and is ended'));
      start();
    },
    pid: () => child?.pid ?? 0,
    async close() {
      closing = true;
      cancel();
      const last = child;
      if (last === undefined || last.exitCode !== null || last.signalCode !== null) return;
      const ended = once(last, 'exit');
      if (!signal(last.pid, 'SIGTERM')) return log.warn({ ...about, pid: last.pid }, 'a service runs as somebody else, and cannot be ended by the hub');
      const force = clock.after(graceMs, () => signal(last.pid, 'SIGKILL'));
      await ended;
      force();
    },
  };
}

/** Once, whether it ended or could not even begin. What it started must not outlive it either. */
function whenGone(child: ChildProcess, tell: (what: Readonly<Record<string, unknown>>) => void): void {
  let told = false;
  const end = (what: Readonly<Record<string, unknown>>): void => {
    if (told) return;
    told = true;
    signal(child.pid, 'SIGKILL');
    tell(what);
  };
  child.once('error', (err) => end({ error: err.message }));
  child.once('exit', (code, by) => end({ exitCode: code, signal: by }));
}

/** To the whole process group. Nobody there any more is what is wanted. False: it runs as another user, through sudo for one, whom the hub may not signal. */
function signal(pid: number | undefined, name: NodeJS.Signals): boolean {
  if (pid === undefined) return true;
  try {
    process.kill(-pid, name);
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (code === 'EPERM') return false;
    if (code !== 'ESRCH') throw err;
  }
  return true;
}

/** When a process began, in the kernel's own count: with its number it names it for good. Empty: nobody knows (there is no /proc, or no such process). */
function bornAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** A killed hub could not end its services, and two of one would fight for its port. Only the very same process is touched. */
function endLeftover(kept: string | undefined, tell: () => void): void {
  const [pid = '', born = ''] = (kept ?? '').split(':');
  if (pid === '' || born === '' || bornAt(Number(pid)) !== born) return;
  tell();
  signal(Number(pid), 'SIGKILL');
}

/** Line by line, without the token, and without holding more than one line of a program that never ends one. */
function logLines(from: Readable | null, stream: 'stdout' | 'stderr', { name, token }: ManagedProgram, log: Logger): void {
  let held = '';
  // The rest of a line whose beginning was too long already: half a token may be at its beginning, which would not be recognised.
  let skipping = false;
  const write = (line: string): void => {
    const text = line.replaceAll(token, '(hidden)').trimEnd();
    if (text !== '') log.info({ service: name, stream, line: text.slice(0, LONGEST_LINE) }, 'a service wrote a line');
  };
  from?.setEncoding('utf8');
  from?.on('data', (chunk: string) => {
    const lines = (held + chunk).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      if (!skipping) write(line);
      skipping = false;
    }
    // Twice the longest line: the token cannot lie across the cut of what is written.
    if (skipping || held.length > 2 * LONGEST_LINE) {
      if (!skipping) write(held);
      skipping = true;
      held = '';
    }
  });
  from?.on('end', () => write(held));
  from?.on('error', (err) => log.debug({ service: name, error: err.message }, 'the output of a service broke off'));
}
