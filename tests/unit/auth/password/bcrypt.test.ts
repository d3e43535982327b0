import { isForeign, verifyForeign } from '../../../../auth/password/foreign';
import { readJupyterHub } from '../../../../hub/store/jupyterhub-file';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SECRETS, writeJupyterHub } from '../../../support/jupyterhub-file';

test('passwords that NativeAuthenticator hashed are verified, and only those', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-bcrypt-'));
  try {
    for (const { name, hash } of readJupyterHub(writeJupyterHub(path.join(folder, 'hub.sqlite'))).accounts ?? []) {
      expect(isForeign(hash)).toBe(true);
      expect(await verifyForeign(hash, SECRETS.passwords[name] ?? '')).toBe(true);
      expect(await verifyForeign(hash, `${SECRETS.passwords[name]}x`)).toBe(false);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
