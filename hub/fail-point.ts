import { noFailPoints, type FailPoint } from './domain/runtime';

/**
 * `spawn.after-handle:kill` ends the process there as SIGKILL does; `…:throw` fails there once. For the hub's own tests: what
 * survives a crash at a point is only known by crashing at it.
 */
export function createFailPoint(setting: string | null): FailPoint {
  if (setting === null) return noFailPoints;
  const [at, how] = setting.split(':');
  let armed = true;
  return (point) => {
    if (point !== at || !armed) return;
    armed = false;
    if (how === 'kill') process.kill(process.pid, 'SIGKILL');
    else throw new Error(`fail point ${point}`);
  };
}
