import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { LABEL } from '../../spawner/labels';
import { sweepDocker } from '../support/docker-sweep';

const ROOT = path.resolve(__dirname, '..', '..');
const FILES = ['tests/contracts/spawner-process.test.ts', 'tests/http/process-spawner.test.ts'];
const run = `${process.pid}-${randomBytes(4).toString('hex')}`;

jest.setTimeout(400_000);
afterAll(() => sweepDocker(run));

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly name: string; readonly message: string; readonly assertionResults: readonly { readonly title: string; readonly status: string }[] }[];
}

/** These tests, in the notebook image and as its user, with this machine's node and sources shown read-only. */
function testInImage(image: string, subcommand: string): Report {
  const node = ['-v', `${process.execPath}:/usr/local/bin/node:ro`, '-v', `${ROOT}:/berth:ro`, '-w', '/berth'];
  const as = ['--user', '1000:100', '--cap-drop', 'ALL', '--network', 'none', '--init', '-e', `BERTH_TEST_JUPYTER=${subcommand}`];
  const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', 'contracts', 'http', '--cacheDirectory', '/tmp/jest', '--runInBand', '--json', ...FILES];
  const { stdout, stderr } = spawnSync('docker', ['run', '--rm', '--label', `${LABEL.run}=${run}`, ...node, ...as, '--entrypoint', 'node', image, ...jest], { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2, timeout: 380_000 });
  const json = stdout.slice(stdout.indexOf('{"numFailed'));
  if (!json.startsWith('{')) throw new Error(`the tests did not run:\n${stdout}\n${stderr}`);
  return JSON.parse(json) as Report;
}

test('labs without containers pass the spawner\'s contract, and a hub serves them, inside the notebook image as a user who is not root', () => {
  const report = testInImage('berth/notebook:latest', 'lab');
  expect(report.testResults.map(({ message }) => message).join('')).toBe('');
  expect([report.numFailedTests, report.numPendingTests]).toEqual([0, 0]);
  const passed = report.testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === 'passed').map(({ title }) => title);
  expect(passed).toEqual(expect.arrayContaining([expect.stringContaining('M01: a second start'), expect.stringContaining('M16: an end from outside'), expect.stringContaining('a hub without Docker starts a lab')]));
});
