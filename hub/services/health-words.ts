import { randomBytes } from 'node:crypto';
import type { CheckRow } from '../../spawner/spawner';
import type { Store } from '../store/store';

/** For whoever wanted to start a server. Details name hosts and addresses: those are for administrators. */
const REASONS: Readonly<Record<string, string>> = {
  engine: 'Docker does not answer',
  jupyter: 'this machine has no Jupyter that could be started',
  versions: 'the version of Docker is known to be weak',
  firewall: 'the firewall rules of this machine are not in place',
  reach: 'containers cannot be reached from the hub',
  isolation: 'the isolation of servers could not be tested',
  neighbours: 'a server could reach another one',
  host: 'a server could reach this machine',
  outside: 'a server could reach the internet',
  privileges: 'a server would have more privileges than it may',
  hub: 'a server could not reach the hub',
};

/** Why no server may be started, by the check that failed. */
export const whyBlocked = (check: string | undefined): string =>
  `Servers cannot be started now: ${REASONS[check ?? ''] ?? 'a check of this hub failed'}. Running servers go on. An administrator finds the details on the health page.`;

/**
 * About what the largest ordinary write takes, so that the check fails when those do: what was freed before leaves room for a small one even on a
 * full disk. It differs each time, because SQLite does not write what has not changed.
 */
const PROBE_BYTES = 32_768;

export function checkStore(store: Store): CheckRow {
  const name = 'store';
  const level = 'required';
  try {
    store.transaction(() => store.meta.set('last-check', randomBytes(PROBE_BYTES / 32).toString('hex').repeat(16)));
    return { name, ok: true, detail: 'The database can be read and written.', level, ms: 0 };
  } catch (err) {
    return { name, ok: false, detail: `The database cannot be written: ${err instanceof Error ? err.message : String(err)}`, level, ms: 0 };
  }
}
