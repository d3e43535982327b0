import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { newId } from '../../hub/domain/ids';
import { connectLocal } from '../../hub/local-socket';
import { sweepDocker } from './docker-sweep';
import type { KillableOptions } from './killable-hub';
import { TEST_IMAGE } from './test-engine';

export interface LivingHub {
  readonly url: string;
  readonly pid: number;
  /** As the command line asks. `path` below `/hub/api/`. */
  ask<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Resolves with the signal that ended it. */
  readonly ended: Promise<NodeJS.Signals | null>;
  kill9(): Promise<void>;
}

export interface HubLives {
  readonly run: string;
  readonly dataDir: string;
  /** The next life of the hub, on the same data. */
  boot(failPoint?: string): Promise<LivingHub>;
  /** A life that is over so many milliseconds after it began, however far it got. */
  killedAfter(ms: number): Promise<void>;
  close(): Promise<void>;
}

interface Life extends Pick<LivingHub, 'ended' | 'kill9'> {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
}

/** One hub after the other on the same data and engine. Pools are the caller's, one per file. `through`: what it is started by, e.g. in a namespace. */
export function hubLives({ through = [], ...change }: Pick<KillableOptions, 'networkPool'> & Partial<KillableOptions> & { readonly through?: readonly string[] }): HubLives {
  const run = change.run ?? `${process.pid}-${newId().slice(0, 8)}`;
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-killed-'));
  const fixed = { folder, run, instance: newId(), image: TEST_IMAGE, ...change };
  const dataDir = path.join(folder, 'state');
  let last: Life | undefined;

  function start(failPoint: string | null): Life {
    const options: KillableOptions = { ...fixed, failPoint };
    const [program = '', ...args] = [...through, process.execPath];
    const env = { ...process.env, BERTH_COMPILED: path.join(folder, 'compiled') };
    const child = spawn(program, [...args, '-r', path.join(__dirname, 'typescript.cjs'), path.join(__dirname, 'killable-hub.ts'), JSON.stringify(options)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    const kill9 = async (): Promise<void> => {
      child.kill('SIGKILL');
      await ended;
    };
    return (last = { child, ended, kill9 });
  }

  async function boot(failPoint: string | null = null): Promise<LivingHub> {
    // Of a test that failed.
    await last?.kill9();
    const { child, ended, kill9 } = start(failPoint);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
    const url = await new Promise<string>((resolve, reject) => {
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString('utf8');
        const ready = /ready (\S+)\n/.exec(out)?.[1];
        if (ready !== undefined) resolve(ready);
      });
      void ended.then((signal) => reject(new Error(`the hub ended (${signal}) before it was ready:\n${errors}`)));
    });
    return { url, pid: child.pid ?? 0, ended, kill9, ask: async <T>(method: string, at: string, body?: unknown) => (await connectLocal(dataDir).request(method, `/hub/api/${at}`, body)) as T };
  }

  async function killedAfter(ms: number): Promise<void> {
    const { child, ended, kill9 } = start(null);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
    // Nobody reads what it says, and it must not wait for that.
    child.stdout.resume();
    await new Promise((resolve) => setTimeout(resolve, ms));
    await kill9();
    if ((await ended) !== 'SIGKILL') throw new Error(`the hub ended by itself:\n${errors}`);
  }

  async function close(): Promise<void> {
    await last?.kill9();
    await sweepDocker(run);
    rmSync(folder, { recursive: true, force: true });
  }

  return { run, dataDir, boot, killedAfter, close };
}
