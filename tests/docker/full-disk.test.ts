import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { LABEL } from '../../spawner/labels';
import { sweepDocker } from '../support/docker-sweep';
import { TEST_IMAGE } from '../support/test-engine';

jest.setTimeout(180_000);

const ROOT = path.resolve(__dirname, '..', '..');
const RUN = `${process.pid}-full-disk`;
afterAll(() => sweepDocker(RUN));

/** As an ordinary account, for which permissions hold: runs one of the programs beside this test's helpers on a file system of 6 MB, and returns what it found. */
function onSmallDisk<T>(program: string): T {
  const out = execFileSync('docker', [
    'run', '--rm', '--network', 'none', '--label', `${LABEL.run}=${RUN}`, '--user', '1000', '--tmpfs', '/state:size=6m,mode=0700,uid=1000', '--tmpfs', '/tmp:mode=1777',
    '-v', `${process.execPath}:/opt/node:ro`, '-v', `${ROOT}:${ROOT}:ro`, '-w', ROOT, '--entrypoint', '/opt/node', TEST_IMAGE,
    '-r', path.join(ROOT, 'tests/support/typescript.cjs'), path.join(ROOT, 'tests/support', program), '/state',
  ], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(out) as T;
}

test('P03: on a full disk writes are refused with 503, reads, pages and labs go on, readiness says degraded, and all is well again without a restart', () => {
  const found = onSmallDisk<Record<string, unknown>>('full-disk.ts');
  const well = { write: 201, reads: [200, 200, 200, 200], ready: { http: 200, ok: true, status: 'ready', store: true } };
  expect(found['before']).toEqual(well);
  expect(found['full']).toEqual({
    refused: { status: 503, message: 'The hub cannot write its data at the moment. Try again shortly.' },
    // Two hundred rounds, every one alike.
    statuses: [[503, [200, 200, 200, 200]]],
    ready: { http: 503, ok: false, status: 'degraded', store: false },
    backup: 503,
  });
  expect(found['after']).toEqual(well);
  // It ended on a full disk and was opened again: what was acknowledged is there, and nothing by half.
  expect(found['left']).toEqual({ wal: true });
  const { integrity, acknowledged, tokens, entries } = found['found'] as Record<string, unknown>;
  expect({ integrity, tokens, entries }).toEqual({ integrity: 'ok', tokens: acknowledged, entries: acknowledged });
});

test('P04: a data folder that becomes read-only does not stop a running hub, and one that starts says what to correct and loses nothing', () => {
  const { running, restarted, kept } = onSmallDisk<Record<string, readonly string[]>>('read-only-files.ts');
  expect(running).toEqual(['ok', 'ok']);
  for (const answer of restarted ?? []) expect(answer).toMatch(/^503 The hub cannot write its data in \/state\/hub\.sqlite: .*correct owner and mode/);
  expect(kept).toEqual(['1', '1']);
});
