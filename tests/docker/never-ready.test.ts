import { DEFAULT_SERVER } from '../../hub/domain/ids';
import { hashOfSecret } from '../../hub/services/secrets';
import { startDockerHub, type DockerHub, type Person } from '../support/docker-hub';
import { leftOf } from '../support/docker-sweep';
import { TEST_IMAGE, containerOf, eventually } from '../support/test-engine';

jest.setTimeout(120_000);

const answering = (body: string): readonly string[] => ['python3', '-c', `
import http.server
class Other(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
${body}
http.server.ThreadingHTTPServer(('0.0.0.0', 8888), Other).serve_forever()
`];

const SILENT = `
import socket
listening = socket.create_server(('0.0.0.0', 8888))
kept = []
while True: kept.append(listening.accept())
`;

/** What each image does, and what its owner is told of it. */
const IMAGES = {
  deaf: { command: ['sleep', 'infinity'], told: 'it does not listen yet' },
  silent: { command: ['python3', '-c', SILENT], told: 'it accepts connections and does not answer' },
  broken: { command: answering('        self.send_error(500)'), told: 'it answers 500, but not as Jupyter does' },
  website: { command: answering("        self.send_response(200)\n        self.end_headers()\n        self.wfile.write(b'<h1>It works!</h1>')"), told: 'it answers 200, but not as Jupyter does' },
  stranger: { command: answering("        self.send_response(200 if self.path.endswith('/api') else 403)\n        self.end_headers()\n        self.wfile.write(b'{\"version\": \"2.15.0\"}')"), told: 'it does not accept its own secret: something else listens there' },
} as const;
const SLUGS = Object.keys(IMAGES) as (keyof typeof IMAGES)[];

let world: DockerHub;
beforeAll(async () => {
  world = await startDockerHub({
    networkPool: '10.217.128.0/20',
    settings: async (engine) => ({
      // The image's own command, and nothing of the profile's.
      profiles: await Promise.all(SLUGS.map(async (slug) => ({ slug, title: slug, image: await engine.commanded(TEST_IMAGE, `berth-test-${slug}`, IMAGES[slug].command), argv: [] }))),
      server: { startTimeout: '20s', cap: 0 },
    }),
  });
});
afterAll(() => world.close());

const stateOf = ({ user }: Person) => world.store.servers.ensure(user.id, DEFAULT_SERVER).state;

/** What the hub gave this server to speak to it with, as it is in the container. */
async function tokenOf(person: Person): Promise<string> {
  const state = stateOf(person);
  if (state.kind !== 'starting' || state.handle === null) throw new Error(JSON.stringify(state));
  const { Env } = (await containerOf(state.handle).inspect()).Config;
  return Env.find((line) => line.startsWith('JUPYTERHUB_API_TOKEN='))?.split('=')[1] ?? '';
}

test('M04: images that never listen, say nothing, answer 500, or answer as something else have failed at the start timeout with the reason, and leave no container, network, route or token', async () => {
  const { engine, store, hub, origin } = world;
  const started = await Promise.all(SLUGS.map(async (slug) => {
    const person = world.person(slug);
    expect((await person.ask('POST', `users/${slug}/server`, { profile: slug })).status).toBe(202);
    return { slug, person, events: person.progress() };
  }));
  await eventually('all of them run', async () => (await engine.spawner.list()).filter(({ running }) => running).length === SLUGS.length, 60_000);
  const tokens = await Promise.all(started.map(({ person }) => tokenOf(person)));
  for (const token of tokens) expect(store.servers.byLabTokenHash(hashOfSecret(token))).toBeDefined();

  for (const { slug, person, events } of started) {
    const said = (await events).at(-1);
    const message = `The server did not start within 20 s. The server did not become ready: ${IMAGES[slug].told}.`;
    expect(said).toEqual({ progress: 100, failed: true, message, html_message: message });
    expect(stateOf(person)).toMatchObject({ kind: 'failed', message });
    expect((await fetch(`${origin}/user/${slug}/api`, { headers: { Authorization: `token ${person.token}` } })).status).toBe(424);
  }
  expect(await leftOf(engine.run)).toEqual([]);
  expect(hub.routes.list()).toEqual([]);
  for (const token of tokens) expect(store.servers.byLabTokenHash(hashOfSecret(token))).toBeUndefined();
});
