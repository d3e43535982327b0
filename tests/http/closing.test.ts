import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseConfig } from '../../hub/config';
import { createHub } from '../../hub/create-hub';
import { databaseOf } from '../../hub/docker-settings';
import { openStore } from '../../hub/store/create-store';
import { makeUser } from '../support/factories';
import { signedInAs } from '../support/login';
import { createMemoryLog, startHub } from '../support/start-hub';

test('N11: a hub whose local socket cannot be opened says so and lets go of everything it had opened', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-closing-'));
  try {
    const config = parseConfig({ dataDir: 'state', spawner: 'fake', listen: { port: 0, host: '127.0.0.1' } }, folder);
    mkdirSync(config.dataDir, { mode: 0o700 });
    writeFileSync(path.join(config.dataDir, 'hub.sock'), 'not a socket');
    await expect(createHub(config, createMemoryLog().log)).rejects.toMatchObject({ code: 'conflict' });
    openStore(databaseOf(config)).close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('P03: a hub that cannot write on its way out closes all the same, and closing it twice is closing it once', async () => {
  const hub = await startHub();
  const browser = signedInAs(hub, makeUser(hub, 'alice'));
  expect((await browser.get('hub/home')).status).toBe(200);
  const close = jest.spyOn(hub.spawner, 'close');
  jest.spyOn(hub.store.sessions, 'touch').mockImplementation(() => {
    throw new Error('disk full');
  });
  await Promise.all([hub.hub.close(), hub.close()]);
  await hub.hub.close();
  expect(close).toHaveBeenCalledTimes(1);
  expect(hub.lines.filter((line) => line.level === 'error').map((line) => line.message)).toContain('a part of the hub did not close cleanly');
});
