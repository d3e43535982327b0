import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Who stands between the client and us, as configured: `10.0.0.0/8`, `::1/128`, or a bare address. */
export interface TrustedProxies {
  /** Is the socket's other end one of ours to believe? */
  trusts(peer: string): boolean;
  /** The last hop that is not ours. `forwardedFor` are the lines of `X-Forwarded-For` in their order; read only when the peer is trusted. */
  clientAddress(peer: string, forwardedFor: readonly string[]): string;
}

/** IPv4 that came over an IPv6 socket is IPv4; zone ids are dropped. */
export function normaliseAddress(text: string): string | null {
  const parsed = parse(text);
  return parsed === null ? null : parsed.toString();
}

function parse(text: string): Address | null {
  const zone = text.indexOf('%');
  const bare = zone === -1 ? text : text.slice(0, zone);
  // Octal, hexadecimal and short forms are spellings that two parsers read differently.
  if (!ipaddr.IPv6.isValid(bare) && !ipaddr.IPv4.isValidFourPartDecimal(bare)) return null;
  return ipaddr.process(bare);
}

const KNOWN_PEERS = 1024;

/** Throws a TypeError that names the entry when one is not an address or a CIDR range. */
export function createTrustedProxies(ranges: readonly string[]): TrustedProxies {
  const parsed = ranges.map(parseRange);
  const known = new Map<string, { readonly trusted: boolean; readonly address: string }>();
  const contains = (address: Address): boolean => parsed.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));

  const look = (peer: string): { readonly trusted: boolean; readonly address: string } => {
    const seen = known.get(peer);
    if (seen !== undefined) return seen;
    const address = parse(peer);
    const found = { trusted: address !== null && contains(address), address: address === null ? peer : address.toString() };
    if (known.size >= KNOWN_PEERS) known.clear();
    known.set(peer, found);
    return found;
  };

  return {
    trusts: (peer) => parsed.length > 0 && look(peer).trusted,

    clientAddress(peer, forwardedFor) {
      const socket = look(peer);
      if (!socket.trusted) return socket.address;
      let last = socket.address;
      const hops = forwardedFor.join(',').split(',');
      for (let i = hops.length - 1; i >= 0; i -= 1) {
        const hop = parse((hops[i] ?? '').trim());
        // What is left of something unreadable was not written by a proxy of ours.
        if (hop === null) return last;
        last = hop.toString();
        if (!contains(hop)) return last;
      }
      return last;
    },
  };
}

function parseRange(range: string): [Address, number] {
  const text = range.trim();
  try {
    if (text.includes('/')) {
      const [base, bits] = ipaddr.parseCIDR(text);
      return base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= 96 ? [base.toIPv4Address(), bits - 96] : [base, bits];
    }
    const address = parse(text);
    if (address === null) throw new RangeError('not an address');
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch (err) {
    throw new TypeError(`Not an address or CIDR range of a trusted proxy: ${range}`, { cause: err });
  }
}
