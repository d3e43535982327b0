import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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
  close(): Promise<void>;
}

/** One hub after the other on the same data and engine. Pools are the caller's, one per file. `through`: what it is started by, e.g. in a namespace. */
export function hubLives({ through = [], ...change }: Pick<KillableOptions, 'networkPool'> & Partial<KillableOptions> & { readonly through?: readonly string[] }): HubLives {
  const run = change.run ?? `${process.pid}-${newId().slice(0, 8)}`;
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-killed-'));
  const fixed = { folder, run, instance: newId(), image: TEST_IMAGE, ...change };
  const dataDir = path.join(folder, 'state');
  let last: LivingHub | undefined;

  async function boot(failPoint: string | null = null): Promise<LivingHub> {
    // Of a test that failed.
    await last?.kill9();
    const options: KillableOptions = { ...fixed, failPoint };
    const [program = '', ...args] = [...through, process.execPath];
    const child = spawn(program, [...args, '-r', path.join(__dirname, 'typescript.cjs'), path.join(__dirname, 'killable-hub.ts'), JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
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
    const kill9 = async (): Promise<void> => {
      child.kill('SIGKILL');
      await ended;
    };
    last = { url, pid: child.pid ?? 0, ended, kill9, ask: async <T>(method: string, at: string, body?: unknown) => (await connectLocal(dataDir).request(method, `/hub/api/${at}`, body)) as T };
    return last;
  }

  async function close(): Promise<void> {
    await last?.kill9();
    await sweepDocker(run);
    rmSync(folder, { recursive: true, force: true });
  }

  return { run, dataDir, boot, close };
}
