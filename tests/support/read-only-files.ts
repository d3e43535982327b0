import { chmodSync } from 'node:fs';
import { HubError } from '../../hub/domain/errors';
import { openStore } from '../../hub/store/create-store';

/** `node -r typescript.cjs read-only-files.ts <folder>`, not as root: somebody takes the right to write away from under a hub, and gives it back. */
const FOLDER = process.argv[2] ?? '';
const PATH = `${FOLDER}/hub.sqlite`;

const outcome = (work: () => unknown): string => {
  try {
    work();
    return 'ok';
  } catch (err) {
    return err instanceof HubError ? `${err.status} ${err.message}` : `unexpected ${String(err)}`;
  }
};

const store = openStore(PATH);
store.meta.set('before', '1');
chmodSync(PATH, 0o400);
chmodSync(FOLDER, 0o500);
const running = [outcome(() => store.meta.get('before')), outcome(() => store.meta.set('during', '1'))];
store.close();
const restarted = [outcome(() => openStore(PATH).close()), outcome(() => openStore(PATH).close())];
chmodSync(FOLDER, 0o700);
chmodSync(PATH, 0o600);
const corrected = openStore(PATH);
const kept = [corrected.meta.get('before'), corrected.meta.get('during')];
corrected.close();
process.stdout.write(`${JSON.stringify({ running, restarted, kept })}\n`);
