import { bad } from '../../spawner/fake';
import { makeUser } from '../support/factories';
import { signedInAs } from '../support/login';
import { startHub } from '../support/start-hub';

test('M05: the last lines of a failed server are shown to its owner and to administrators, and the reason alone to managers', async () => {
  const hub = await startHub({ behaviour: bad('exit') });
  try {
    const alice = makeUser(hub, 'alice');
    const mia = makeUser(hub, 'mia');
    hub.store.roles.grant('manager', mia.id);
    const { servers, actors } = hub.hub.services;
    await servers.start(actors.ofUser(alice, 'cookie', 'test'), alice, '' as never, {}).settled;
    const seenBy = async (user: typeof alice): Promise<string> => (await signedInAs(hub, user).get('hub/spawn-pending/alice')).text;
    expect(await seenBy(alice)).toContain('serving /user/alice/');
    expect(await seenBy(makeUser(hub, 'root', { admin: true }))).toContain('serving /user/alice/');
    const page = await seenBy(mia);
    expect(page).toContain('It ended with code 1.');
    expect(page).not.toContain('serving /user/alice/');
  } finally {
    await hub.close();
  }
});
