/** An IPv4 range as numbers, both ends included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** null: not IPv4 in CIDR notation. */
export function parseRange(cidr: string): Range | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (match === null) return null;
  const [a = 256, b = 256, c = 256, d = 256, bits = 33] = match.slice(1).map(Number);
  if (Math.max(a, b, c, d) > 255 || bits > 32) return null;
  const size = 2 ** (32 - bits);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}

export const formatAddress = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');

/** Who has which address of a lab's network: fixed, so that they never collide and a connection's origin is known. */
export interface Addresses {
  /** The host's, where it has one. */
  readonly gateway: string;
  readonly lab: string;
  /** The hub's, when it runs in a container. */
  readonly hubContainer: string;
}

/** null: too small, or not IPv4 in CIDR notation; any address of the network may stand for it. */
export function addressesIn(cidr: string): Addresses | null {
  const range = parseRange(cidr);
  if (range === null || range.last - range.first < 4) return null;
  const at = (n: number): string => formatAddress(range.first + n);
  return { gateway: at(1), lab: at(2), hubContainer: at(3) };
}

/** The first part of `pool` with `bits` as prefix length that touches nothing in `taken`; null: exhausted. */
export function freeSubnet(pool: Range, bits: number, taken: readonly Range[]): string | null {
  const size = 2 ** (32 - bits);
  const within = taken.filter((r) => r.last >= pool.first && r.first <= pool.last).sort((x, y) => x.first - y.first);
  let at = pool.first;
  for (const range of within) {
    if (at + size - 1 < range.first) break;
    at = Math.max(at, Math.ceil((range.last + 1 - pool.first) / size) * size + pool.first);
  }
  return at + size - 1 <= pool.last ? `${formatAddress(at)}/${bits}` : null;
}
