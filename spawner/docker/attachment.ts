import { HubError } from '../../hub/domain/errors';
import type { ServerId } from '../../hub/domain/ids';
import type { Logger } from '../../hub/domain/runtime';
import type { Inward } from '../inward';
import type { LabNetworks } from './network';
import type { DockerSettings } from './settings';
import type { Addresses } from './subnets';
import { addressesIn } from './subnets';

export interface Place {
  /** Of the lab, on its own network. */
  readonly lab: string;
  /** Of the hub, on that network; null: labs reach nothing of the hub. */
  readonly hub: string | null;
}

export interface Attachment {
  /** `http://hub:<port>`; null: labs reach nothing of the hub. */
  readonly hubUrl: string | null;
  /** Opens the hub's side of a network that was just made on `subnet`, before anything is on it. `HubError('unavailable')` when it cannot listen. */
  open(server: ServerId, subnet: string): Promise<Place>;
  /** The same for a lab that runs already, as after a restart of the hub. Cheap when it is open; a failure is logged and never thrown. */
  adopt(server: ServerId, endpoint: Endpoint | undefined): Promise<void>;
  /** Until `release` ends, nothing is opened for that server. Removes its network. */
  release(server: ServerId): Promise<void>;
}

/** Where a lab is attached, as the engine tells it. */
export interface Endpoint {
  readonly IPAddress?: string | undefined;
  readonly IPPrefixLen?: number | undefined;
}

interface Deps {
  readonly settings: DockerSettings;
  readonly networks: LabNetworks;
  readonly inward: Inward;
  readonly log: Logger;
  /** False: the engine's host is another machine, where this process can listen on nothing. */
  readonly local: boolean;
}

/** The hub's side of each lab's network: its own container in it, and the one port that answers there. */
export function createAttachment({ settings, networks, inward, log, local }: Deps): Attachment {
  const port = settings.hubContainer !== null || local ? settings.internalPort : null;
  const leaving = new Set<ServerId>();
  const attached = new Set<ServerId>();
  /** Told already that it cannot be opened. */
  const failing = new Set<ServerId>();

  const hubIn = (addresses: Addresses): string => (settings.hubContainer === null ? addresses.gateway : addresses.hubContainer);

  async function open(server: ServerId, subnet: string): Promise<Place> {
    const addresses = addressesIn(subnet);
    if (addresses === null) throw new HubError('unavailable', 'The networks of servers are too small. An administrator has to enlarge them.');
    attached.add(server);
    if (port === null) return { lab: addresses.lab, hub: null };
    const host = hubIn(addresses);
    try {
      await inward.open(server, { host, port, from: addresses.lab });
    } catch (err) {
      throw cannotListen(err, port);
    }
    return { lab: addresses.lab, hub: host };
  }

  async function adopt(server: ServerId, endpoint: Endpoint | undefined): Promise<void> {
    const addresses = addressesIn(`${endpoint?.IPAddress ?? ''}/${endpoint?.IPPrefixLen ?? ''}`);
    if (addresses === null || leaving.has(server)) return;
    const host = hubIn(addresses);
    if (attached.has(server) && (port === null || inward.portOf(server, host) !== null)) return;
    try {
      if (settings.hubContainer !== null) await networks.attachHub(server, addresses.hubContainer);
      if (port !== null) await inward.open(server, { host, port, from: endpoint?.IPAddress ?? null });
      // It was stopped meanwhile: whoever did that found nothing to close.
      if (leaving.has(server)) return await inward.close(server);
      attached.add(server);
      failing.delete(server);
    } catch (err) {
      if (!failing.has(server)) log.warn({ err, server }, 'a running server cannot reach the hub; it is tried again at every look');
      failing.add(server);
    }
  }

  async function release(server: ServerId): Promise<void> {
    leaving.add(server);
    try {
      attached.delete(server);
      failing.delete(server);
      await inward.close(server);
      await networks.remove(server);
    } finally {
      leaving.delete(server);
    }
  }

  return { hubUrl: port === null ? null : `http://hub:${port}`, open, adopt, release };
}

function cannotListen(err: unknown, port: number): HubError {
  const { code } = err as { readonly code?: unknown };
  const why = code === 'EADDRINUSE' ? `something else on this machine uses port ${port}` : code === 'EACCES' ? `it may not use port ${port}` : `port ${port} cannot be opened there`;
  return new HubError('unavailable', `The hub cannot listen on the server's network: ${why}. An administrator has to free it, or to set HUB_LISTEN_INTERNAL_PORT to another one.`, { cause: err });
}
