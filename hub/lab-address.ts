import type { LabAddress } from '../spawner/lab-api';
import type { ServerId } from './domain/ids';
import type { ServerRecord } from './domain/server';
import type { Store } from './store/store';
import { createUrls } from './urls';

export interface LabAddressDeps {
  readonly store: Store;
  /** Base path of the public URL. */
  readonly base: string;
  /** Shown to a server that asks the hub who its visitors are, and knows no secret that it shares with the hub. */
  readonly tokenFor: (server: ServerId) => string | undefined;
  readonly signsIn: (record: ServerRecord) => boolean;
}

/** How the hub itself asks a server something; one that starts is asked at the `origin` it was found at. Throws where there is no way. */
export function labAddressOf(record: ServerRecord, signal: AbortSignal, { store, base, tokenFor, signsIn }: LabAddressDeps, origin = record.state.kind === 'ready' ? record.state.origin : undefined): LabAddress {
  const owner = store.users.byId(record.owner);
  const asks = signsIn(record);
  const secret = asks ? tokenFor(record.id) : record.secret;
  if (origin === undefined || secret === null || secret === undefined || owner === undefined) throw new Error('there is no way to ask this server');
  return { origin, prefix: createUrls(base).server(owner.name, record.name), scheme: asks ? 'Bearer' : 'token', secret, signal };
}
