import { DEFAULT_SERVER, newId, type ServerId } from '../../../hub/domain/ids';
import { DEFAULT_ROLES } from '../../../hub/domain/scopes/roles';
import { serialise } from '../../../hub/domain/scopes/serialise';
import { createLabTokens } from '../../../hub/services/lab-tokens';
import { grantRoles } from '../../../hub/services/account-deps';
import { labVariables } from '../../../hub/services/lab-variables';
import type { LabIdentity } from '../../../hub/services/contract';
import { labEnvironment } from '../../../spawner/env';
import { cleanUp, createWorld, type World } from './servers-support';

cleanUp();

/** A world whose labs get their token, and what was given to the last one. */
function worldWithTokens() {
  const world = createWorld({
    deps: { labEnv: ({ owner, server, profile, secret, token }) => labEnvironment({ profile, userName: owner.name, secret, extra: labVariables({ hubUrl: 'http://hub:1', base: '/', owner: owner.name, server: server.name, token }) }) },
  });
  for (const role of DEFAULT_ROLES) world.store.roles.put(role);
  const given = (w: World = world): string => w.spawner.started.at(-1)?.env['JUPYTERHUB_API_TOKEN'] ?? '';
  const start = async (name: string) => {
    const who = world.addUser(name);
    grantRoles(world.store, who.user);
    await world.settled(world.servers.start(who.actor, who.user, DEFAULT_SERVER, {}).settled);
    return { ...who, id: world.store.servers.ensure(who.user.id, DEFAULT_SERVER).id, token: given() };
  };
  return { world, given, start, tokens: createLabTokens({ store: world.store }) };
}

test('D19: the token of a lab is somebody with exactly JupyterHub\'s scopes of a server', async () => {
  const { start, tokens } = worldWithTokens();
  const { id, token } = await start('alice');
  const found = tokens.resolve(token, id) as LabIdentity;
  expect(found).toMatchObject({ kind: 'lab', actor: { kind: 'user', name: 'alice', via: 'server-token', admin: false }, owner: { name: 'alice' }, record: { id } });
  expect(serialise(found.actor.scopes)).toEqual(['access:servers!server=alice/', 'read:users:activity!user=alice', 'read:users:groups!user=alice', 'read:users:name!user=alice', 'users:activity!user=alice']);
});

test('E03: it is worth something on its own server\'s network only', async () => {
  const { start, tokens } = worldWithTokens();
  const [alice, bob] = [await start('alice'), await start('bob')];
  expect(tokens.resolve(alice.token, bob.id)).toEqual({ kind: 'elsewhere', server: alice.id });
  expect(tokens.resolve(alice.token, newId<ServerId>())).toMatchObject({ kind: 'elsewhere' });
  for (const wrong of ['', 'x', alice.token.slice(1), alice.token.repeat(10)]) expect(tokens.resolve(wrong, alice.id)).toEqual({ kind: 'unknown' });
});

test('it has 256 bits, is new for every start, and ends with the stop', async () => {
  const { world, given, start, tokens } = worldWithTokens();
  const { user, actor, id, token } = await start('alice');
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  expect(token).not.toBe(world.store.servers.byId(id)?.secret);
  const { settled } = world.servers.stop(actor, user, DEFAULT_SERVER);
  expect(tokens.resolve(token, id)).toEqual({ kind: 'unknown' });
  await world.settled(settled);
  await world.settled(world.servers.start(actor, user, DEFAULT_SERVER, {}).settled);
  expect(given()).not.toBe(token);
  expect(tokens.resolve(token, id)).toEqual({ kind: 'unknown' });
  expect(tokens.resolve(given(), id)).toMatchObject({ kind: 'lab' });
});

test('it survives a restart of the hub, which knows only its hash', async () => {
  const { world, start, tokens } = worldWithTokens();
  const { id, token } = await start('alice');
  expect(JSON.stringify(world.store.servers.list())).not.toContain(token);
  const again = world.restart();
  await again.servers.reconcile();
  expect(tokens.resolve(token, id)).toMatchObject({ kind: 'lab' });
});

test('it is nobody\'s when its owner may not sign in, and never more than its owner', async () => {
  const { world, start, tokens } = worldWithTokens();
  const { user, id, token } = await start('alice');
  world.store.roles.revoke('user', user.id);
  const found = tokens.resolve(token, id) as LabIdentity;
  expect(found.actor.scopes.has('users:activity')).toBe(false);
  world.store.users.update(user.id, { status: 'disabled' });
  expect(tokens.resolve(token, id)).toEqual({ kind: 'unknown' });
});
