import type { ContainerInspectInfo } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { ServerId } from '../../hub/domain/ids';
import type { Clock, Logger } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import { plainLines, redact, secretsIn } from '../log-text';
import type { Remains, Spawner } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE, STOP_MARGIN_MS } from './client';
import { unlessMissing } from './engine-error';
import type { ExitWatch } from './exit-watch';
import { followLog } from './log-follow';
import type { MemoryWatch } from './memory';
import { stopContainer } from './stop-container';

/** The last words of a server that ends. */
const LAST_LINES = 50;
const LOOK_BACK_MS = 3_000;
/** The engine says "out of memory" of a container in which that ever happened; it was the end only when it happened at the end. */
const SAME_OOM_MS = 10_000;
const MOST_LINES = 1_000;

interface Deps {
  readonly client: DockerClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly watch: ExitWatch;
  readonly memory: MemoryWatch;
  readonly own: (handle: Handle, signal?: AbortSignal) => Promise<ContainerInspectInfo | null>;
  readonly look: (id: string) => Promise<ContainerInspectInfo | null>;
  /** Takes away what was made around a container. */
  readonly release: (server: ServerId) => Promise<void>;
}

export interface Life extends Required<Pick<Spawner, 'stop' | 'restart' | 'logs' | 'followLogs'>> {
  /** Whether want of memory was the end of this container, and not only of something in it, earlier. */
  outOfMemory(found: ContainerInspectInfo): boolean;
}

/** What can be done with a container that was started, and what it tells. */
export function createLife({ client, clock, log, watch, memory, own, look, release }: Deps): Life {
  async function stop(handle: Handle, { graceMs, onRemains }: Parameters<Spawner['stop']>[1]): Promise<void> {
    const found = await own(handle);
    if (found !== null) {
      watch.expect(found.Id);
      if (onRemains !== undefined && found.State.Running && !found.State.Paused) await memory.look(found.Id);
      await stopContainer(client, clock, found, { graceMs, ...(onRemains === undefined ? {} : { ended: () => tellRemains(found, onRemains) }) });
    }
    await release(serverOf(handle) as ServerId);
  }

  /** A server that cannot be read any more still has to go. */
  async function tellRemains({ Id, Config }: ContainerInspectInfo, tell: (remains: Remains) => void): Promise<void> {
    try {
      const dead = await look(Id);
      if (dead === null || dead.State.Running) return;
      const oomKilled = outOfMemory(dead);
      const limit = limitOf(dead);
      const logTail = redact(plainLines(await rawLog(Id, LAST_LINES, LOOK_BACK_MS)).slice(-LAST_LINES), secretsIn(Config.Env ?? []));
      tell({ exitCode: dead.State.Status === 'created' ? null : dead.State.ExitCode, oomKilled, memory: { peak: oomKilled ? limit ?? memory.peakOf(Id) : memory.peakOf(Id), limit }, logTail });
    } catch (err) {
      log.warn({ err }, 'what an ended server left could not be read');
    }
  }

  function outOfMemory({ Id, State }: ContainerInspectInfo): boolean {
    if (!State.OOMKilled) return false;
    const last = watch.lastOom(Id);
    return last === undefined || Math.abs(Date.parse(State.FinishedAt) - last.getTime()) < SAME_OOM_MS;
  }

  async function restart(handle: Handle, { graceMs }: { readonly graceMs: number }): Promise<void> {
    const found = await own(handle);
    if (found === null) throw new HubError('not-found', 'Its container is gone.');
    const container = found.Id;
    watch.expect(container);
    // The engine does not end what is paused.
    if (found.State.Paused) await client.call({ what: 'resume the container', ms: DEADLINE.start, run: (d, abortSignal) => d.getContainer(container).unpause({ abortSignal }) });
    await client.call({ what: 'restart the container', ms: graceMs + STOP_MARGIN_MS + DEADLINE.start, run: (d, abortSignal) => d.getContainer(container).restart({ t: Math.ceil(graceMs / 1_000), abortSignal }) });
    watch.restarted({ containerId: container, server: serverOf(handle) as ServerId, handle, running: true, paused: false, attached: true });
  }

  async function* followLogs(handle: Handle, { lines, signal }: { readonly lines: number; readonly signal: AbortSignal }): AsyncGenerator<readonly string[], void> {
    const found = await own(handle);
    if (found === null) return;
    const alive = async (): Promise<boolean> => (await look(found.Id))?.State.Running ?? false;
    yield* followLog(client, clock, { containerId: found.Id, secrets: secretsIn(found.Config.Env ?? []), lines: tailOf(lines), signal, alive });
  }

  const rawLog = (id: string, tail: number, ms: number = DEADLINE.logs): Promise<Buffer> =>
    unlessMissing(client.call({ what: 'read the log', ms, run: (d, abortSignal) => d.getContainer(id).logs({ stdout: true, stderr: true, tail, abortSignal }) }), Buffer.alloc(0));

  async function logs(handle: Handle, lines: number): Promise<readonly string[]> {
    const found = await own(handle);
    if (found === null) return [];
    const tail = tailOf(lines);
    return redact(plainLines(await rawLog(found.Id, tail)).slice(-tail), secretsIn(found.Config.Env ?? []));
  }

  return { stop, restart, logs, followLogs, outOfMemory };
}

const tailOf = (lines: number): number => Math.max(1, Math.min(lines, MOST_LINES));

/** Bytes that the container may use; null: as much as there is. */
export const limitOf = (found: ContainerInspectInfo | null): number | null => (found?.HostConfig.Memory ? found.HostConfig.Memory : null);

/** A handle is the container's name and the server's id. */
export const serverOf = (handle: Handle): string => handle.id.slice(handle.id.indexOf('/') + 1);
