import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import config from '../../jest.config.cjs';
import { strayErrorsOf } from '../support/hub-process';

const ROOT = path.resolve(__dirname, '..', '..');
const [ring] = config.projects as readonly object[];

/** Tests that would pass if nobody looked at what happens beside them. */
const STRAYS: Readonly<Record<string, string>> = {
  'an exception of a timer': `setTimeout(() => { throw new Error('stray'); }, 5);`,
  'a rejection': `void Promise.reject(new Error('stray'));`,
  'an error event without a listener': `require('node:net').connect(1, '127.0.0.1');`,
};

const file = (body: string, wait: number): string => `test('stray', async () => { ${body} await new Promise((r) => setTimeout(r, ${wait})); });\nafterAll(() => new Promise((r) => setTimeout(r, 300)));\n`;

test('an uncaught exception or an unhandled rejection fails the file in which it happens, also after its last test', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-stray-'));
  try {
    const bodies = [...Object.values(STRAYS).flatMap((body) => [file(body, 100), file(body, 0)]), file('', 0)];
    bodies.forEach((body, i) => writeFileSync(path.join(folder, `stray-${i}.test.js`), body));
    const out = path.join(folder, 'out.json');
    const jest = { ...ring, rootDir: ROOT, roots: [folder], testMatch: ['**/stray-*.test.js'] };
    spawnSync(process.execPath, [require.resolve('jest/bin/jest'), '--config', JSON.stringify(jest), '--runInBand', '--json', `--outputFile=${out}`], { cwd: ROOT, stdio: 'ignore', timeout: 60_000 });
    const { testResults } = JSON.parse(readFileSync(out, 'utf8')) as { testResults: readonly { name: string; status: string }[] };
    const passed = testResults.filter(({ status }) => status === 'passed').map(({ name }) => path.basename(name));
    expect(testResults).toHaveLength(bodies.length);
    expect(passed).toEqual([`stray-${bodies.length - 1}.test.js`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

describe('a hub that is a process of its own', () => {
  test.each([
    ['{"level":"error","msg":"uncaught error: the hub ends"}\n', [0]],
    ['Uncaught Error: x\n', []],
    ['TypeError: x\n    at y\n\nNode.js v20.20.2\n', []],
    ['ready\n', [1]],
    ['ready\n', [null]],
  ])('%j with exits %j fails the suite', (output, exits) => {
    expect(strayErrorsOf(output, exits)).toBeDefined();
  });

  test('an ordinary life, and an end that was asked for, do not', () => {
    expect(strayErrorsOf('Berth is ready at http://localhost:1\n{"level":"warn","msg":"an upstream did not answer"}\n', [])).toBeUndefined();
  });
});
