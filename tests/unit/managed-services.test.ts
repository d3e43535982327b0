import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../../hub/domain/runtime';
import { createManagedServices, type ManagedServices } from '../../hub/managed-services';
import { createMemoryLog } from '../support/start-hub';

const TOKEN = 'first-half-of-it-and-second-half';
let folder: string;
let managed: ManagedServices | undefined;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-managed-'));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await managed?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Runs a few lines of JavaScript as a service. */
function run(script: string) {
  const memory = createMemoryLog();
  const kept = new Map<string, string>();
  const programs = [{ name: 'desk', command: [process.execPath, '-e', script], cwd: null, environment: { FOLDER: folder }, token: TOKEN }];
  managed = createManagedServices({ programs, clock: systemClock, log: memory.log, memory: { get: (key) => kept.get(key), set: (key, value) => void kept.set(key, value), remove: (key) => void kept.delete(key) } });
  managed.start();
  return { managed, text: () => JSON.stringify(memory.lines) };
}

async function until(there: () => boolean): Promise<void> {
  while (!there()) await new Promise((resolve) => { setTimeout(resolve, 10); });
}

test('D10: no part of a service\'s token gets into the log, however it is printed', async () => {
  const { text } = run(`
    const fs = require('node:fs');
    process.stdout.write('x'.repeat(8000) + ${JSON.stringify(TOKEN.slice(0, 16))});
    while (!fs.existsSync(process.env.FOLDER + '/go'));
    process.stdout.write(${JSON.stringify(TOKEN.slice(16))} + '\\nthe next line\\n');
    setInterval(() => {}, 1000);`);
  await until(() => text().includes('xxxx'));
  fs.writeFileSync(path.join(folder, 'go'), '');
  await until(() => text().includes('the next line'));
  expect(text()).not.toContain('second-half');
  expect(text()).not.toContain('first-half');
});

test('a service that runs as somebody else cannot be ended, and is no reason for the hub to end or to hang', async () => {
  const { managed: mine, text } = run('setInterval(() => {}, 1000)');
  await until(() => mine.pidOf('desk') > 0);
  const [pid, kill] = [mine.pidOf('desk'), process.kill.bind(process)];
  jest.spyOn(process, 'kill').mockImplementation(() => { throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' }); });
  await mine.close();
  expect(text()).toContain('runs as somebody else');
  kill(pid, 'SIGKILL');
  await until(() => mine.pidOf('desk') === 0);
});
