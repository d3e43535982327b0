import type { Server } from 'node:http';
import type { Logger } from './domain/runtime';
import { shut } from './listener';

interface Closable {
  close(): void;
}
interface Ending {
  close(): Promise<void>;
}

/** The parts of a hub, by when they end. */
export interface ClosingDeps {
  readonly log: Logger;
  readonly server: Server;
  /** What begins things by itself. */
  readonly first: readonly Closable[];
  /** What has to finish what it does. */
  readonly awaited: readonly Ending[];
  readonly proxy: Ending;
  /** What is written down at the end. */
  readonly last: readonly Closable[];
  readonly spawner: Ending;
  /** undefined: whoever opened it closes it. */
  readonly store: Closable | undefined;
}

/** How a hub ends: nothing new begins, what is open ends in time, and what was counted is written down. */
export const closing = ({ log, server, first, awaited, proxy, last, spawner, store }: ClosingDeps) => async (local?: Ending): Promise<void> => {
  const closed = shut(server);
  first.forEach((part) => part.close());
  await Promise.all(awaited.map(async (part) => part.close()));
  await Promise.all([proxy.close(), local?.close()]);
  server.closeAllConnections();
  await closed;
  // A disk that is full now must not keep the rest open.
  for (const part of last) attempt(log, () => part.close());
  await spawner.close();
  store?.close();
};

function attempt(log: Logger, work: () => void): void {
  try {
    work();
  } catch (err) {
    log.error({ err }, 'a part of the hub did not close cleanly');
  }
}

/** Somebody asks over the API that the hub ends. It is served before whoever made it is told about it, so the one may come before the other. */
export function createEnding(): { readonly ask: () => void; readonly listen: (listener: () => void) => void } {
  let [asked, end] = [false, (): void => void (asked = true)];
  return {
    ask: () => end(),
    listen: (listener) => {
      end = listener;
      if (asked) listener();
    },
  };
}
