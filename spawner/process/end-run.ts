import { setTimeout as wait } from 'node:timers/promises';
import { HubError } from '../../hub/domain/errors';
import type { Clock } from '../../hub/domain/runtime';
import { lives, membersOf, signal, type Identity } from './identity';

const GONE_MS = 10_000;
const LOOK_MS = 25;

/**
 * Asks, waits, kills, and looks: the lab with its process group, and then the kernels and terminals that it started, which are in groups
 * of their own. Only the very processes that were found are touched. `HubError('unavailable')` when one is there after all that.
 */
export async function endRun(clock: Clock, { mark, leader, graceMs }: { readonly mark: string; readonly leader: Identity | null; readonly graceMs: number }): Promise<void> {
  const known = await membersOf(mark, leader);
  if (leader !== null && (await lives(leader))) {
    signal(-leader.pid, 'SIGTERM');
    await allGone(clock, [leader], graceMs);
    // What it started while it was asked to end is known here, too.
    known.push(...(await membersOf(mark, leader)));
    if (await lives(leader)) signal(-leader.pid, 'SIGKILL');
  }
  await endEach(clock, [...known, ...(leader === null ? [] : [leader])]);
  await endEach(clock, await membersOf(mark, null));
}

async function endEach(clock: Clock, all: readonly Identity[]): Promise<void> {
  for (const one of all) if (await lives(one)) signal(one.pid, 'SIGKILL');
  if (!(await allGone(clock, all, GONE_MS))) throw new HubError('unavailable', 'The server could not be ended. An administrator may try again, or look at the processes of this machine.');
}

async function allGone(clock: Clock, all: readonly Identity[], withinMs: number): Promise<boolean> {
  const until = clock.monotonicMs() + withinMs;
  for (;;) {
    const alive = await Promise.all(all.map(lives));
    if (!alive.includes(true)) return true;
    if (clock.monotonicMs() >= until) return false;
    // Not the clock's: that one keeps no program alive, and `berth down` has nothing else to stay for.
    await wait(LOOK_MS);
  }
}
