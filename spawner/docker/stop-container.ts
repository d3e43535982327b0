import type { ContainerInspectInfo } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { Clock } from '../../hub/domain/runtime';
import type { DockerClient } from './client';
import { DEADLINE, STOP_MARGIN_MS } from './client';
import { engineStatus, unlessMissing } from './engine-error';

const ATTEMPTS = 3;
const BACKOFF_MS = 250;
const GONE_MS = 10_000;

export interface StopAsk {
  readonly graceMs: number;
  /** It has ended and is about to be removed: the last chance to read what it leaves. Must not reject. */
  readonly ended?: () => Promise<void>;
}

/** Asks, waits, kills, removes, and looks. `HubError('unavailable')` when it is there after all that: the caller calls it stuck. */
export async function stopContainer(client: DockerClient, clock: Clock, found: ContainerInspectInfo, { graceMs, ended }: StopAsk): Promise<void> {
  const container = found.Id;
  // The engine neither stops nor kills what is paused.
  if (found.State.Paused) await attempt(clock, () => client.call({ what: 'resume the container', ms: DEADLINE.start, run: (d, abortSignal) => d.getContainer(container).unpause({ abortSignal }) }));
  if (found.State.Running) {
    const t = Math.ceil(graceMs / 1_000);
    await attempt(clock, () => client.call({ what: 'stop the container', ms: graceMs + STOP_MARGIN_MS, run: (d, abortSignal) => d.getContainer(container).stop({ t, abortSignal }) }));
  }
  await ended?.();
  await attempt(clock, () => client.call({ what: 'remove the container', ms: DEADLINE.remove, run: (d, abortSignal) => d.getContainer(container).remove({ force: true, v: false, abortSignal }) }));
  await demandGone(client, clock, container);
}

/** Already stopped, already removed, removal under way: all of that is what we want (M10). */
async function attempt(clock: Clock, work: () => Promise<unknown>): Promise<void> {
  for (let i = 1; ; i++) {
    try {
      await work();
      return;
    } catch (err) {
      const status = engineStatus(err);
      if (status === 304 || status === 404 || status === 409) return;
      if (status === null || i >= ATTEMPTS) throw err;
      await pause(clock, BACKOFF_MS * i);
    }
  }
}

async function demandGone(client: DockerClient, clock: Clock, container: string): Promise<void> {
  const until = clock.monotonicMs() + GONE_MS;
  for (;;) {
    const left = await unlessMissing(client.call({ what: 'look at the container', ms: DEADLINE.inspect, run: (d, abortSignal) => d.getContainer(container).inspect({ abortSignal }) }), null);
    if (left === null) return;
    if (clock.monotonicMs() >= until) throw new HubError('unavailable', 'The server could not be ended. An administrator may try again, or look at Docker itself.');
    await pause(clock, BACKOFF_MS);
  }
}

const pause = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
