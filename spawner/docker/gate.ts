import { HubError } from '../../hub/domain/errors';
import type { Outbound } from '../../hub/domain/profile';
import type { Logger } from '../../hub/domain/runtime';
import type { SpawnRequest } from '../spawner';
import type { DockerClient } from './client';
import type { Firewall } from './firewall';
import type { DockerSettings } from './settings';

export interface StartGate {
  /** `HubError('unavailable')` when this hub cannot give the lab the way out that it is to have; a way out is logged each time. */
  demandOutbound(req: SpawnRequest): void;
  /** `HubError('unavailable')` when the host's rules are not in place and the lab must not run without them. */
  demandFirewall(outbound: Outbound): Promise<void>;
}

interface Deps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly firewall: Firewall;
  readonly log: Logger;
}

/** What has to hold before a lab may start. */
export function createStartGate({ client, settings, firewall, log }: Deps): StartGate {
  /** The way out leads through the host's address on the lab's network, and past rules of the host. */
  function demandOutbound({ outbound, server, owner }: SpawnRequest): void {
    if (outbound === 'none') return;
    if (settings.hubContainer !== null) throw new HubError('unavailable', 'Servers that reach the internet cannot be started while the hub runs in a container: their networks have no way out. An administrator has to choose a profile without it, or to run the hub on the host.');
    log.warn({ server: server.id, user: owner.name }, 'a server starts that may reach the internet');
  }

  /** A hub in a container needs no rules: the host has no address on the networks of its labs. */
  async function demandFirewall(outbound: Outbound): Promise<void> {
    if (settings.firewall === 'off' || settings.hubContainer !== null || !client.local) return;
    const state = await firewall.ensure();
    if (state.ok) return;
    log.warn({ detail: state.detail }, 'the firewall rules for labs are not in place');
    // Without rules a lab that is let out gets everywhere, the private networks of this host included.
    if (settings.isolation === 'report' && outbound === 'none') return;
    throw new HubError('unavailable', "Servers cannot be started now, because they could not be isolated from the host. An administrator finds the reason under the hub's health.", { details: { firewall: state.detail } });
  }

  return { demandOutbound, demandFirewall };
}
