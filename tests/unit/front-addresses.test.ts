import type { NetworkInterfaceInfo } from 'node:os';
import { frontAddresses } from '../../hub/front-addresses';

const POOL = '10.213.0.0/16';
const at = (address: string, change: Partial<NetworkInterfaceInfo> = {}): NetworkInterfaceInfo => ({ address, family: 'IPv4', internal: false, netmask: '', mac: '', cidr: null, ...change }) as NetworkInterfaceInfo;
const LOOPBACK = { lo: [at('127.0.0.1', { internal: true })] };

describe('the addresses that face users', () => {
  it('are loopback and every own address outside the servers\' networks', () => {
    expect(frontAddresses({ ...LOOPBACK, eth0: [at('172.18.0.2'), at('fe80::1', { family: 'IPv6' })], eth1: [at('192.168.7.9')] }, POOL)).toEqual(['127.0.0.1', '172.18.0.2', '192.168.7.9']);
  });

  it('J03: are none that a server\'s network has, at neither end of the pool, however many there are', () => {
    const labs = Object.fromEntries(['10.213.0.3', '10.213.7.19', '10.213.255.254'].map((address, i) => [`eth${i + 1}`, [at(address)]]));
    expect(frontAddresses({ ...LOOPBACK, eth0: [at('10.212.255.255')], ...labs, eth9: [at('10.214.0.0')] }, POOL)).toEqual(['127.0.0.1', '10.212.255.255', '10.214.0.0']);
  });

  it('missing ones are an error that says what to do', () => {
    expect(() => frontAddresses({ ...LOOPBACK, eth0: [at('10.213.0.3')] }, POOL)).toThrow(/10\.213\.0\.3.*HUB_DOCKER_NETWORK_POOL/);
    expect(() => frontAddresses(LOOPBACK, POOL)).toThrow('no IPv4 address besides loopback');
  });
});
