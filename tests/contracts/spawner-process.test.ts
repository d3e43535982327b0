import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createProcessLabs, labRequest, REAL_JUPYTER, SECRET } from '../support/process-labs';
import { describeSpawner } from './describe-spawner';

jest.setTimeout(REAL_JUPYTER !== null ? 120_000 : 30_000);

describeSpawner(`process, with ${REAL_JUPYTER === null ? 'a pretended Jupyter' : `jupyter ${REAL_JUPYTER}`}`, async () => {
  const labs = createProcessLabs();
  return {
    spawner: labs.spawner,
    request: (owner) => labRequest(owner),
    secret: SECRET,
    kill: async (handle) => void process.kill(labs.pidOf(handle), 'SIGKILL'),
    occupy: async (req) => {
      const theirs = path.join(labs.settings.labsDir, req.volumes[0]?.id ?? '', 'thesis');
      mkdirSync(theirs, { recursive: true });
      return async () => existsSync(theirs);
    },
    injectedOnly: true,
    otherHub: (instance) => labs.another({ instance }),
    close: labs.close,
  };
});
