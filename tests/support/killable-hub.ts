import { parseConfig } from '../../hub/config';
import { createHub } from '../../hub/create-hub';
import { createFailPoint } from '../../hub/fail-point';
import type { InstanceId, UserName } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import { createDockerSpawner } from '../../spawner/docker/docker-spawner';
import { DOCKER_DEFAULTS } from '../../spawner/docker/settings';
import { LABEL } from '../../spawner/labels';
import { makeUser } from './factories';
import { createMemoryLog } from './start-hub';

export interface KillableOptions {
  readonly folder: string;
  /** Of the test, so that what is left of a hub that was killed can be found. */
  readonly run: string;
  readonly instance: string;
  readonly networkPool: string;
  readonly image: string;
  /** As in `HUB_FAILPOINT`; null: none. */
  readonly failPoint: string | null;
  /** Accounts to make that may sign in at once; one that an administrator makes has to choose a password first. */
  readonly users?: readonly string[];
  /** Default: the usual engine. */
  readonly host?: string;
}

/** To the hub what Jupyter is, within a tenth of a second. */
const LAB = `
import http.server, os
class Lab(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        own = self.headers.get('authorization') == 'token ' + os.environ['JUPYTER_TOKEN']
        self.send_response(200 if own or self.path == '{prefix}api' else 403)
        self.end_headers()
        self.wfile.write(b'{"version": "1"}')
    def log_message(self, *args):
        pass
print('serving', flush=True)
http.server.ThreadingHTTPServer(('0.0.0.0', {port}), Lab).serve_forever()
`;

/** The hub on Docker, in a process of its own: `killable-hub.ts <options as JSON>`. Says `ready`, and lives until it is killed. */
async function main(options: KillableOptions): Promise<void> {
  const { folder, run, image, networkPool, failPoint } = options;
  const profiles = [{ slug: 'lab', title: 'Lab', image, argv: ['python3', '-c', LAB] }, { slug: 'other', title: 'Other', image, argv: ['python3', '-c', LAB] }];
  const config = parseConfig({ dataDir: 'state', spawner: 'fake', listen: { port: 0, host: '127.0.0.1' }, docker: { isolation: 'report' }, server: { cap: 0, stopGrace: '2s' }, profiles, failPoint }, folder);
  const { log } = createMemoryLog();
  const settings = {
    ...DOCKER_DEFAULTS, instance: options.instance as InstanceId, dataDir: config.dataDir, networkPool, probeImage: image, sharedVolume: `berth-test-${run}_shared`, namePrefix: `${run}-`,
    extraLabels: { [LABEL.run]: run }, ...(options.host === undefined ? {} : { host: options.host }),
  };
  const spawner = createDockerSpawner(settings, { clock: systemClock, log, failPoint: createFailPoint(failPoint) });
  // The proof of isolation makes containers of its own, which are other tests' business.
  const hub = await createHub(config, log, { spawner: { ...spawner, check: () => Promise.resolve({ ok: true, checks: [] }) } });
  for (const name of options.users ?? []) if (hub.store.users.byName(name as UserName) === undefined) makeUser(hub, name);
  process.stdout.write(`ready ${hub.url}\n`);
}

void main(JSON.parse(process.argv[2] ?? '{}') as KillableOptions);
