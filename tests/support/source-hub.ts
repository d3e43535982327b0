import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { runCli } from '../../hub/cli/program';

const ROOT = path.resolve(__dirname, '..', '..');

export interface SourceHub {
  /** Everything it wrote. */
  output(): string;
  /** As a crash of the machine would: waits until it is gone. */
  kill9(): Promise<void>;
  stop(): Promise<number | null>;
  /** Resolves with its exit code when it ends, whoever ends it. */
  readonly exited: Promise<number | null>;
}

export type HubEnv = Readonly<Record<string, string>>;

function launch(env: HubEnv, cwd: string) {
  const child = spawn(process.execPath, ['-r', path.join(__dirname, 'typescript.cjs'), path.join(ROOT, 'hub/main.ts')], { cwd, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const waiting = new Set<() => void>();
  const note = (chunk: Buffer): void => {
    output += chunk.toString();
    waiting.forEach((look) => look());
  };
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  return { child, ended, output: () => output, waiting };
}

/** The hub's own program, from its sources as they are, in a process that can be killed. `env` as for the real one. */
export async function startSourceHub(env: HubEnv, cwd: string): Promise<SourceHub> {
  const { child, ended, output, waiting } = launch(env, cwd);
  await new Promise<void>((resolve, reject) => {
    waiting.add(() => output().includes('Berth is ready at') && resolve());
    void ended.then((code) => reject(new Error(`the hub ended with ${code}:\n${output()}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return { output, kill9: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM'), exited: ended };
}

/** Runs one that is expected to end by itself. */
export async function runSourceHub(env: HubEnv, cwd: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const { ended, output } = launch(env, cwd);
  return { code: await ended, output: output() };
}

/** `berth …` against it. Rejects, with what was said, where the command refuses. */
export async function berth(env: HubEnv, cwd: string, ...args: readonly string[]): Promise<string> {
  const said: string[] = [];
  const io = { env, cwd, out: (line: string) => void said.push(line), note: () => undefined, ask: () => Promise.reject(new Error('asked')) };
  const code = await runCli(args, io);
  if (code !== 0) throw new Error(`berth ${args.join(' ')} ended with ${code}: ${said.join(' ')}`);
  return said.join('\n');
}
