import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastLines, trimLog } from '../../../../spawner/process/log-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'berth-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the last lines come without what is secret, and an absent log is empty', async () => {
  const file = path.join(folder, 'log');
  expect(await lastLines(file, 10, [])).toEqual([]);
  writeFileSync(file, 'one\ntwo 0123456789\nthree?token=abc\n');
  expect(await lastLines(file, 2, ['0123456789'])).toEqual(['two [secret]', 'three?token=[secret]']);
});

test('a log that grows without end is cut to its last whole lines', async () => {
  const file = path.join(folder, 'log');
  const line = `${'x'.repeat(99)}\n`;
  writeFileSync(file, `${line.repeat(180_000)}the last one\n`);
  await trimLog(file);
  expect(statSync(file).size).toBeLessThan(300_000);
  expect(await lastLines(file, 2, [])).toEqual(['x'.repeat(99), 'the last one']);
  await trimLog(path.join(folder, 'none'));
});
