import { freeSubnet, parseRange } from '../../../../spawner/docker/subnets';
import type { Range } from '../../../../spawner/docker/subnets';

const range = (cidr: string): Range => {
  const found = parseRange(cidr);
  if (found === null) throw new Error(cidr);
  return found;
};
const free = (pool: string, bits: number, taken: string[]): string | null => freeSubnet(range(pool), bits, taken.map(range));

test.each([
  ['an empty pool gives its first part', '10.213.0.0/16', 28, [], '10.213.0.0/28'],
  ['the first gap is used', '10.213.0.0/16', 28, ['10.213.0.0/28', '10.213.0.32/28'], '10.213.0.16/28'],
  ['order does not matter', '10.213.0.0/16', 28, ['10.213.0.16/28', '10.213.0.0/28'], '10.213.0.32/28'],
  ['a larger neighbour is stepped over', '10.213.0.0/16', 28, ['10.213.0.0/24'], '10.213.1.0/28'],
  ['a smaller one inside a part takes the whole part', '10.213.0.0/16', 28, ['10.213.0.4/30'], '10.213.0.16/28'],
  ['networks elsewhere do not count', '10.213.0.0/16', 28, ['172.17.0.0/16', '192.168.0.0/24'], '10.213.0.0/28'],
  ['a network around the pool takes all of it', '10.213.0.0/16', 28, ['10.0.0.0/8'], null],
  ['an exhausted pool gives nothing', '10.213.0.0/27', 28, ['10.213.0.0/28', '10.213.0.16/28'], null],
  ['addresses beyond 128.0.0.0 are numbers like others', '192.168.255.240/28', 29, ['192.168.255.240/29'], '192.168.255.248/29'],
])('J25: %s', (_name, pool, bits, taken, expected) => {
  expect(free(pool, bits, taken)).toBe(expected);
});

test('what is no IPv4 range is none', () => {
  for (const text of ['', '10.0.0.0', '10.0.0.256/8', '10.0.0.0/33', 'fd00::/64', '1.2.3/8', '10.0.0.0/8 ']) expect(parseRange(text)).toBeNull();
});
