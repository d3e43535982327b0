import { demand, HUB } from '../domain/access';
import type { ServerId } from '../domain/ids';
import type { Logger } from '../domain/runtime';
import type { Store } from '../store/store';
import type { Recorder, Shutdown } from './contract';

export interface ShutdownDeps {
  readonly store: Store;
  readonly log: Logger;
  readonly audit: Pick<Recorder, 'record'>;
  readonly servers: { halt(id: ServerId, reason: string): Promise<void> };
  /** What ends the process in good order; called once. */
  readonly end: () => void;
}

export interface ShutdownService extends Shutdown {
  /** It was asked for, and cannot be taken back. Whatever starts servers asks this, so that none comes up behind those that are stopped. */
  hasBegun(): boolean;
}

export function createShutdown({ store, log, audit, servers, end }: ShutdownDeps): ShutdownService {
  let begun = false;

  const stopAll = async (): Promise<void> => {
    await Promise.allSettled(store.servers.active().map(({ id }) => servers.halt(id, 'The hub was shut down.')));
  };

  const run = async (stopServers: boolean): Promise<void> => {
    if (stopServers) await stopAll();
    end();
  };

  return {
    begin(actor, ask) {
      demand(actor, 'shutdown', HUB);
      audit.record(actor, 'hub.shutdown', 'hub', { detail: { servers: ask.servers } });
      if (begun) return;
      begun = true;
      run(ask.servers).catch((err: unknown) => log.error({ err }, 'The hub could not be shut down.'));
    },
    hasBegun: () => begun,
  };
}
