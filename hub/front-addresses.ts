import { BlockList } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { HubError } from './domain/errors';

/** The value of `listen.host` that means: where users come in, and on no server's network. */
export const FRONT = 'front';

const LOOPBACK = '127.0.0.1';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Own IPv4 addresses outside the servers' networks, loopback first. A hub in a container is attached to every server's network, and
 * an address there is one that the lab can dial. Throws `HubError('unavailable')` when nothing but loopback is left.
 */
export function frontAddresses(interfaces: Interfaces, networkPool: string): readonly string[] {
  const pool = new BlockList();
  const [network = '', prefix] = networkPool.split('/');
  pool.addSubnet(network, Number(prefix));
  const own = Object.values(interfaces).flatMap((all) => all ?? []).filter((each) => each.family === 'IPv4' && !each.internal).map((each) => each.address);
  const front = [...new Set(own)].filter((address) => !pool.check(address));
  if (front.length > 0) return [LOOPBACK, ...front];
  const found = own.length === 0 ? 'it has no IPv4 address besides loopback' : `its only addresses (${own.join(', ')}) lie in the servers' networks, ${networkPool}`;
  throw new HubError('unavailable', `The hub has no address towards its users: ${found}. Attach its container to a network outside of them, or choose others with HUB_DOCKER_NETWORK_POOL.`);
}
