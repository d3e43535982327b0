import { mostConnections } from '../../../proxy/open-files';
import { silent } from '../../../proxy/silent-peers';

const limits = (files: string): string => `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${files}                ${files}                files\n`;

test.each([['256', 64], ['1024', 256], ['20000', 9_744], ['1048576', 20_000], ['unlimited', 20_000]])('Q04: with %s open files, %i connections leave some for everything else', (files, expected) => {
  expect(mostConnections(limits(files))).toBe(expected);
});

test('Q04: where nothing tells the limit, the ceiling counts', () => {
  expect(mostConnections('')).toBe(20_000);
});

describe('the kernel\'s table of connections', () => {
  const row = (state: string, timer: string, repeated: string, remote = '0700007F:8AE6'): string => `   3: 0100007F:2328 ${remote} ${state} 00000005:00000000 ${timer}:00000A3C ${repeated}     0        0 4711 2 0000 20 4 30 10 -1`;

  test('H10: names connections that got no answer to many repetitions', () => {
    expect(silent(row('01', '01', '00000007'))).toEqual(['9000 35558 0700007F']);
    expect(silent(row('01', '01', '00000008', '0000000000000000FFFF00000700007F:8AE6'))).toEqual(['9000 35558 0700007F']);
  });

  test('H10: and no others: few repetitions, probes of keep-alive, other states, headings', () => {
    expect(silent(['  sl  local_address rem_address   st', row('01', '01', '00000006'), row('01', '02', '00000009'), row('04', '01', '00000009'), ''].join('\n'))).toEqual([]);
  });
});
