import { isBusy } from '../spawner/busy';
import type { ServerId } from './domain/ids';
import type { ServerRecord } from './domain/server';
import type { Store } from './store/store';
import { createUrls } from './urls';

const BUSY_MS = 5_000;

export interface BusyAsk {
  readonly store: Store;
  readonly base: string;
  /** Shown to a server that asks the hub who its visitors are, and knows no secret that it shares with the hub. */
  readonly tokenFor: (server: ServerId) => string | undefined;
  readonly signsIn: (record: ServerRecord) => boolean;
}

/** Asks the server itself; a server that cannot be asked counts as busy, which is what rejecting means here. */
export async function checkBusy(record: ServerRecord, { store, base, tokenFor, signsIn }: BusyAsk): Promise<boolean> {
  const owner = store.users.byId(record.owner);
  const secret = signsIn(record) ? tokenFor(record.id) : record.secret;
  if (record.state.kind !== 'ready' || secret === null || secret === undefined || owner === undefined) return false;
  return isBusy({ origin: record.state.origin, prefix: createUrls(base).server(owner.name, record.name), secret, signal: AbortSignal.timeout(BUSY_MS) });
}
