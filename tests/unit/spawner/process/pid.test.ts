import { readFileSync } from 'node:fs';
import { bootId, lives, parsePid } from '../../../../spawner/process/identity';

const stat = readFileSync(`/proc/${process.pid}/stat`, 'utf8').trim();

test('what a process wrote of itself is read back, whatever its name holds, and half a line is nothing', () => {
  const born = parsePid(`${process.pid}\n${stat}\n`)?.born;
  expect(born).toMatch(/^\d+$/);
  expect(parsePid(`7\n7 (a ) 1 (b) S ${stat.slice(stat.lastIndexOf(')') + 4)}\n`)).toEqual({ pid: 7, born });
  expect(parsePid('7\nFri Nov 21  08:53:00 2025\n')).toEqual({ pid: 7, born: 'Fri Nov 21 08:53:00 2025' });
  for (const half of ['', '7', '7\n', `7\n${stat}`, '1\nx\n', '-7\nx\n']) expect(parsePid(half)).toBeNull();
});

test('a process lives when number and beginning are its own', async () => {
  const own = parsePid(`${process.pid}\n${stat}\n`);
  expect(own !== null && (await lives(own))).toBe(true);
  expect(await lives({ pid: process.pid, born: '1' })).toBe(false);
  expect(await lives({ pid: 4_194_305, born: '1' })).toBe(false);
  expect(bootId()).toMatch(/^[0-9a-f-]{36}$/);
});
