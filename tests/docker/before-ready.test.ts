import { request } from 'undici';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import type { Handle } from '../../hub/domain/server';
import { cookieNames } from '../../hub/http/cookies';
import { startDockerHub, type DockerHub, type Person } from '../support/docker-hub';
import { NAVIGATION } from '../support/login';
import { TEST_IMAGE, eventually, inLab } from '../support/test-engine';

jest.setTimeout(120_000);

/** Listens long before it is ready, in three steps: an error for everybody, half of what Jupyter answers, all of it. It counts who came before the last one. */
const SLOW_LAB = `
import http.server, os
early = 0
class Lab(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global early
        ready, half, asked = os.path.exists('/tmp/ready'), os.path.exists('/tmp/half'), self.path in ('{prefix}api', '{prefix}api/status')
        if asked and not half: print('unready', flush=True)
        if asked and half and not ready: print('half', flush=True)
        if not ready and not asked: early += 1
        own = self.headers.get('authorization') == 'token ' + os.environ['JUPYTER_TOKEN']
        version = self.path == '{prefix}api' and half
        self.send_response(200 if version or ready and own else 403 if ready else 500)
        self.send_header('X-Lab', 'ready, %d early' % early if ready else 'not ready')
        self.end_headers()
        self.wfile.write(b'{"version": "1"}')
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(('0.0.0.0', {port}), Lab).serve_forever()
`;

const EVERY_MS = 10;
/** Of each step, before the server is allowed to go on. */
const ENOUGH = 100;

let world: DockerHub;
beforeAll(async () => {
  world = await startDockerHub({ networkPool: '10.217.160.0/20', settings: { profiles: [{ slug: 'slow', title: 'Slow', image: TEST_IMAGE, argv: ['python3', '-c', SLOW_LAB] }] } });
});
afterAll(() => world.close());

interface Answer {
  /** 0: none; `location` says why. */
  readonly status: number;
  /** What only the server says; null: the hub answered. */
  readonly lab: string | null;
  readonly location: string | null;
  /** How many answers there were when it was asked for. */
  readonly askedAfter: number;
}

/** Opens the address again and again without waiting, by turns as a person and as a program. `answers` are in the order in which they came. */
function hammer(url: string, headers: readonly Readonly<Record<string, string>>[]): { readonly answers: readonly Answer[]; stop(): Promise<void> } {
  const answers: Answer[] = [];
  const open = new Set<Promise<void>>();
  let n = 0;
  const ask = async (askedAfter: number): Promise<void> => {
    const { statusCode: status, headers: said, body } = await request(url, { headers: headers[n++ % headers.length] ?? {} });
    await body.dump();
    answers.push({ status, lab: String(said['x-lab'] ?? '') || null, location: String(said['location'] ?? '') || null, askedAfter });
  };
  const timer = setInterval(() => {
    const askedAfter = answers.length;
    const one = ask(askedAfter).catch((err: unknown) => void answers.push({ status: 0, lab: null, location: String(err), askedAfter }));
    open.add(one);
    void one.then(() => open.delete(one));
  }, EVERY_MS);
  return {
    answers,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}

function headersOf({ user, token }: Person): readonly Readonly<Record<string, string>>[] {
  const { cookie } = world.hub.services.sessions.start(user, { address: '127.0.0.1', userAgent: 'test' });
  return [{ ...NAVIGATION, Cookie: `${cookieNames(false).session}=${cookie}` }, { Accept: 'application/json', Authorization: `token ${token}` }];
}

let alice: Person;
let headers: readonly Readonly<Record<string, string>>[];
let traffic: ReturnType<typeof hammer>;
beforeEach(() => {
  alice = world.person('alice');
  headers = headersOf(alice);
  traffic = hammer(`${world.origin}/user/alice/`, headers);
});
afterEach(() => traffic.stop());

const kindNow = (): string => world.store.servers.ensure(alice.user.id, DEFAULT_SERVER).state.kind;

function handleNow(): Handle | null {
  const { state } = world.store.servers.ensure(alice.user.id, DEFAULT_SERVER);
  return 'handle' in state ? state.handle : null;
}

/** What the server wrote of what the hub asked. */
async function hasSaid(word: string): Promise<boolean> {
  const made = handleNow();
  return made !== null && (await world.engine.spawner.logs(made, 500).catch((): readonly string[] => [])).includes(word);
}

async function step(file: string): Promise<void> {
  const made = handleNow();
  expect(made === null ? null : (await inLab(made, 'touch', file)).code).toBe(0);
}

function more(what: string): Promise<void> {
  const before = traffic.answers.length;
  return eventually(what, () => traffic.answers.length >= before + ENOUGH, 30_000);
}

test('M13: asked a hundred times a second while it starts, the hub answers with its own pages until the server is ready, and the first answer of the server is that of a ready one', async () => {
  await more('nothing runs yet');
  expect((await alice.ask('POST', 'users/alice/server')).status).toBe(202);
  await eventually('the server listens, and answers the hub with an error', () => hasSaid('unready'), 30_000);
  await more('it listens');
  await step('/tmp/half');
  await eventually('it answers the hub with a half of what it should', () => hasSaid('half'), 30_000);
  await more('it answers by halves');
  const pending = await request(`${world.origin}/hub/spawn-pending/alice`, { headers: headers[0] ?? {} });
  expect([pending.statusCode, await pending.body.text()]).toEqual([200, expect.stringContaining('/hub/api/users/alice/server/progress') as unknown]);
  expect(kindNow()).toBe('starting');
  await step('/tmp/ready');
  await eventually('the server answers', () => traffic.answers.some(({ lab }) => lab !== null), 30_000);
  await more('it is ready');
  await traffic.stop();

  const { answers } = traffic;
  const first = answers.findIndex(({ lab }) => lab !== null);
  expect(first).toBeGreaterThan(3 * ENOUGH);
  // The server counted: nobody but the hub reached it before it was ready.
  expect([...new Set(answers.flatMap(({ lab }) => (lab === null ? [] : [lab])))]).toEqual(['ready, 0 early']);
  const ofHub = new Set(answers.filter(({ lab }) => lab === null).map(({ status, location }) => `${status} ${location ?? ''}`));
  expect([...ofHub].sort()).toEqual(['303 /hub/spawn-pending/alice?next=%2Fuser%2Falice%2F', '424 ']);
  expect(new Set(answers.filter(({ askedAfter }) => askedAfter > first).map(({ status }) => status))).toEqual(new Set([200]));
});
