import Database from 'better-sqlite3';
import { existsSync, openSync, rmSync, writeSync, closeSync, statSync } from 'node:fs';
import type { ServerName } from '../../hub/domain/ids';
import { openStore } from '../../hub/store/create-store';
import { makeToken, makeUser } from './factories';
import { signedInAs } from './login';
import { startHub, type TestHub } from './start-hub';

/**
 * A hub whose data is on a small file system of its own: `node -r typescript.cjs full-disk.ts <folder>`. Fills that while the hub works, makes room
 * again, and prints as one line of JSON what was answered meanwhile. The test that runs it judges.
 */
const FOLDER = process.argv[2] ?? '';
const FILLER = `${FOLDER}/filler`;
const DATABASE = `${FOLDER}/hub.sqlite`;

/** To the last byte. */
function fill(): void {
  const fd = openSync(FILLER, 'a');
  try {
    for (let size = 65_536; size >= 1; size = Math.floor(size / 4)) {
      try {
        for (;;) writeSync(fd, Buffer.alloc(size, 1));
      } catch (err) {
        if ((err as NodeJS.ErrnoException).code !== 'ENOSPC') throw err;
      }
    }
  } finally {
    closeSync(fd);
  }
}

async function main(): Promise<void> {
  const store = openStore(DATABASE);
  const hub = await startHub({ overrides: { store } });
  const alice = makeUser({ store }, 'alice', { admin: true });
  const token = makeToken({ ...hub, store } as TestHub, alice);
  const browser = signedInAs({ ...hub, store } as TestHub, alice);
  const headers = { Authorization: `token ${token}` };
  let made = 1;
  const ask = async (method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }> => {
    const res = await fetch(`${hub.origin}/${path}`, { method, headers: { ...headers, 'Content-Type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: res.status, text: await res.text() };
  };
  const write = async (): Promise<{ readonly status: number; readonly text: string }> => {
    const answer = await ask('POST', 'hub/api/users/alice/tokens', { note: 'x'.repeat(200) });
    if (answer.status === 201) made += 1;
    return answer;
  };
  const reads = async (): Promise<readonly number[]> => [(await ask('GET', 'hub/api/user')).status, (await browser.get('hub/home')).status, (await ask('GET', 'user/alice/api/status')).status, (await ask('GET', 'hub/health')).status];
  const ready = async (): Promise<unknown> => {
    const { status, text } = await ask('GET', 'hub/ready');
    const { checks, ...rest } = JSON.parse(text) as { readonly checks: readonly { readonly name: string; readonly ok: boolean }[] };
    return { http: status, ...rest, store: checks.find(({ name }) => name === 'store')?.ok };
  };

  await hub.hub.services.servers.start(hub.hub.services.actors.local(), alice, '' as ServerName, {}).settled;
  const before = { write: (await write()).status, reads: await reads(), ready: await ready() };
  // The write-ahead log has room that it made earlier; the disk is full for the hub when that is used up.
  let refused = await write();
  for (let i = 0; i < 3000 && refused.status === 201; i += 1) {
    fill();
    refused = await write();
  }
  const statuses = new Set<string>();
  for (let i = 0; i < 200; i += 1) statuses.add(JSON.stringify([(await write()).status, await reads()]));
  const full = { refused: { status: refused.status, message: (JSON.parse(refused.text) as { message?: string }).message }, statuses: [...statuses].map((text) => JSON.parse(text) as unknown), ready: await ready(), backup: (await ask('POST', 'hub/api/backups', {})).status };
  rmSync(FILLER);
  const after = { write: (await write()).status, reads: await reads(), ready: await ready() };

  fill();
  for (let i = 0; i < 3000 && (await write()).status === 201; i += 1) fill();
  await hub.close();
  store.close();
  const left = { wal: existsSync(`${DATABASE}-wal`) && statSync(`${DATABASE}-wal`).size > 0 };
  rmSync(FILLER);
  const again = openStore(DATABASE);
  const db = new Database(DATABASE, { readonly: true });
  const count = (sql: string): number => db.prepare<[], { n: number }>(sql).get()?.n ?? -1;
  const found = { integrity: db.pragma('integrity_check', { simple: true }), acknowledged: made, tokens: count('SELECT count(*) AS n FROM tokens'), entries: count("SELECT count(*) AS n FROM audit WHERE action = 'token.create'") };
  db.close();
  again.close();
  process.stdout.write(`${JSON.stringify({ before, full, after, left, found })}\n`);
}

main().then(() => process.exit(0), (err: unknown) => {
  process.stderr.write(`${err instanceof Error ? (err.stack ?? err.message) : String(err)}\n`);
  process.exit(1);
});
