import { readFileSync } from 'node:fs';

/** For the store, its log, the engine and whatever else the process keeps open. */
const OTHERS = 512;
const FEWEST = 64;
const MOST = 20_000;

/** How many clients a process may serve at once: each may need a second connection, to its server, and none may take the last file (Q04, Q05). */
export function mostConnections(limits: string = ownLimits()): number {
  const found = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return found === undefined ? MOST : Math.max(FEWEST, Math.min(MOST, Math.floor((Number(found) - OTHERS) / 2)));
}

/** Linux tells them there; elsewhere there is nothing to read and the ceiling counts. */
function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return '';
  }
}
