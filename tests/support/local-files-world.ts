import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Makes and changes what is in folders that stand for volumes on this machine. */
export function localHands(folder: string, neighbour: string) {
  const options = { cwd: folder, env: { ...process.env, NEIGHBOUR: neighbour } };
  return {
    prepare: async (script: string): Promise<void> => void execFileSync('sh', ['-ec', script], options),
    python: async (script: string): Promise<void> => void execFileSync('python3', ['-c', script], options),
    during: async (script: string): Promise<() => Promise<void>> => {
      const child = spawn('python3', ['-c', script], { ...options, stdio: 'ignore' });
      const gone = once(child, 'close');
      return async () => {
        child.kill('SIGKILL');
        await gone;
      };
    },
  };
}
