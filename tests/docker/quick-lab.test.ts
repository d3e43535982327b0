import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { LABEL } from '../../spawner/labels';

jest.setTimeout(180_000);

test('the notebook image answers before JupyterLab is loaded, and is the distribution\'s lab in everything that can be asked of it', () => {
  const script = path.resolve(__dirname, '../support/both-labs.py');
  const confined = ['--read-only', '--tmpfs', '/tmp:exec', '--tmpfs', '/home/jovyan:uid=1000,gid=100', '--cap-drop', 'ALL', '--network', 'none', '--init'];
  const { stdout, stderr } = spawnSync('docker', ['run', '--rm', '--label', `${LABEL.run}=${process.pid}`, ...confined, '-v', `${script}:/both-labs.py:ro`, '-w', '/tmp', 'berth/notebook:latest', 'python3', '/both-labs.py'], { encoding: 'utf8', timeout: 170_000 });
  expect(stdout === '' ? stderr : JSON.parse(stdout)).toEqual({
    answeredBefore: true,
    status: 200,
    pages: [200, true],
    asked: expect.any(Number) as unknown,
    different: {},
    strangers: [403, 403, 403, 403],
    saved: [204, true],
    kernel: '42',
    terminal: '67',
    unasked: true,
    ended: [0, 0, 0],
    ownConfig: [true, '/user/x/lab/tree/mine?'],
    others: [true, true, true, true, true],
  });
});
