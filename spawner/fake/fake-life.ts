import { HubError } from '../../hub/domain/errors';
import type { ServerId } from '../../hub/domain/ids';
import type { Handle } from '../../hub/domain/server';
import type { Change, Remains, Spawner } from '../spawner';
import type { FakeServer } from './fake-server';

/** The part of a pretended process that goes on, is told about, and tells. */
export interface Living {
  readonly server: ServerId;
  readonly handle: Handle;
  readonly lines: string[];
  /** Opens its port once more. */
  readonly serve: () => Promise<FakeServer>;
  http: FakeServer;
  paused: boolean;
  exited: { readonly exitCode: number | null; readonly oomKilled: boolean } | null;
}

/** What happens in a container, played by tests. */
export interface FakeEvents {
  pause(server: ServerId): void;
  resume(server: ServerId): void;
  /** Takes its network away, or gives it back. */
  attach(server: ServerId, attached: boolean): void;
  /** The kernel kills something inside it. */
  killChild(server: ServerId, at: Date): void;
  /** It writes a line. */
  say(server: ServerId, line: string): void;
}

export interface FakeLife extends Required<Pick<Spawner, 'restart' | 'followLogs' | 'onChange'>> {
  readonly events: FakeEvents;
  write(process: Living, line: string): void;
  /** One is gone: whoever reads its log is to find out. */
  wake(): void;
  remainsOf(process: Living): Remains;
}

/** Pretended limit and use of every process. */
export const FAKE_MEMORY = { limit: 2 * 1024 ** 3, peak: 1024 ** 3 } as const;

export function createFakeLife(find: { readonly byHandle: (handle: Handle) => Living | undefined; readonly byServer: (server: ServerId) => Living | undefined }): FakeLife {
  const listeners = new Set<(server: ServerId, handle: Handle, change: Change) => void>();
  const readers = new Set<() => void>();

  function tell(server: ServerId, change: Change): void {
    const process = find.byServer(server);
    if (process === undefined) return;
    if (change.kind === 'paused' || change.kind === 'resumed') process.paused = change.kind === 'paused';
    for (const listener of listeners) listener(server, process.handle, change);
  }

  function write(process: Living, line: string): void {
    process.lines.push(line);
    wake();
  }

  function wake(): void {
    const waiting = [...readers];
    readers.clear();
    for (const resume of waiting) resume();
  }

  async function restart(handle: Handle): Promise<void> {
    const process = find.byHandle(handle);
    if (process === undefined) throw new HubError('not-found', 'Its process is gone.');
    await process.http.close();
    process.http = await process.serve();
    process.exited = null;
    process.paused = false;
    write(process, 'started again');
  }

  async function* followLogs(handle: Handle, { lines, signal }: { readonly lines: number; readonly signal: AbortSignal }): AsyncGenerator<readonly string[], void> {
    let seen = Math.max(0, (find.byHandle(handle)?.lines.length ?? 0) - lines);
    while (!signal.aborted) {
      const process = find.byHandle(handle);
      const next = process?.lines.slice(seen) ?? [];
      seen += next.length;
      if (next.length > 0) yield next;
      else if (process === undefined || process.exited !== null) return;
      else await news(signal);
    }
  }

  const news = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const resume = (): void => {
        readers.delete(resume);
        signal.removeEventListener('abort', resume);
        resolve();
      };
      readers.add(resume);
      signal.addEventListener('abort', resume, { once: true });
      if (signal.aborted) resume();
    });

  return {
    restart,
    followLogs,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    write,
    wake,
    remainsOf: (process) => ({
      exitCode: process.exited === null ? 0 : process.exited.exitCode,
      oomKilled: process.exited?.oomKilled ?? false,
      memory: process.exited?.oomKilled === true ? { peak: FAKE_MEMORY.limit, limit: FAKE_MEMORY.limit } : FAKE_MEMORY,
      logTail: process.lines.slice(-50),
    }),
    events: {
      pause: (server) => tell(server, { kind: 'paused' }),
      resume: (server) => tell(server, { kind: 'resumed' }),
      attach: (server, attached) => tell(server, { kind: attached ? 'attached' : 'detached' }),
      killChild: (server, at) => tell(server, { kind: 'child-killed', at, limit: FAKE_MEMORY.limit }),
      say: (server, line) => {
        const process = find.byServer(server);
        if (process !== undefined) write(process, line);
      },
    },
  };
}
