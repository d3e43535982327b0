import { fork } from 'node:child_process';
import path from 'node:path';
import type { ChildOptions } from './child';

export interface ChildStats {
  /** Bytes, after a garbage collection. */
  readonly rss: number;
  readonly heap: number;
  readonly cpuMs: number;
  /** Sockets, servers and the like; timers left out. */
  readonly handles: number;
  readonly requests: number;
  readonly sockets: number;
  readonly warnings: number;
  readonly logged: number;
}

export interface Child {
  readonly pid: number;
  readonly port: number;
  readonly about: Readonly<Record<string, string>>;
  stats(): Promise<ChildStats>;
  /** Has it ended by itself? */
  alive(): boolean;
  /** Ends it; rejects when it had ended by itself, or did not end well. */
  close(): Promise<void>;
}

export interface ChildSettings {
  readonly nodeArgs?: readonly string[];
  /** Limits of the shell it is started from, e.g. `ulimit -n 256`. */
  readonly limit?: string;
}

/** A proxy or a hub in a process of its own, so that its memory, its file descriptors and its end are its own. */
export async function startChild(options: ChildOptions, { nodeArgs = [], limit }: ChildSettings = {}): Promise<Child> {
  const args = ['--expose-gc', ...nodeArgs, '-r', path.join(__dirname, 'typescript.cjs')];
  const program = path.join(__dirname, `child-${options.kind}.ts`);
  const child = limit === undefined
    ? fork(program, [JSON.stringify(options)], { execArgv: args, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    : fork(program, [JSON.stringify(options)], { execPath: '/bin/sh', execArgv: ['-c', `${limit}; exec "$0" "$@"`, process.execPath, ...args], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));

  const next = <T>(key: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const onMessage = (message: unknown): void => {
        if (typeof message !== 'object' || message === null || !(key in message)) return;
        child.off('message', onMessage);
        resolve((message as Record<string, T>)[key] as T);
      };
      child.on('message', onMessage);
      void ended.then((code) => reject(new Error(`the child ended with ${code}:\n${errors}`)));
    });

  const about = await next<Record<string, string>>('ready');
  return {
    pid: child.pid ?? 0,
    port: Number(about['port']),
    about,
    stats: () => {
      const answer = next<ChildStats>('stats');
      child.send('stats');
      return answer;
    },
    alive: () => child.exitCode === null && child.signalCode === null,
    close: async () => {
      if (child.connected) child.send('close');
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
      const code = await ended;
      clearTimeout(late);
      if (code !== 0 || /uncaught|unhandled/i.test(errors)) throw new Error(`the child ended with ${code}:\n${errors}`);
    },
  };
}
