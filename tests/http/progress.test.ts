import supertest from 'supertest';
import { never } from '../../spawner/fake';
import { makeToken, makeUser } from '../support/factories';
import { startHub } from '../support/start-hub';

test('asking for the headers of a progress stream opens none, however often', async () => {
  const hub = await startHub({ behaviour: never('start') });
  try {
    const alice = makeUser(hub, 'alice');
    const { servers, actors } = hub.hub.services;
    servers.start(actors.ofUser(alice, 'cookie', 'test'), alice, '' as never, {});
    const Authorization = `token ${makeToken(hub, alice)}`;
    const url = '/hub/api/users/alice/server/progress';
    for (let i = 0; i < 21; i++) expect((await supertest(hub.origin).head(url).set({ Authorization })).status).toBe(200);
    await servers.stopAllOf(alice.id);
  } finally {
    await hub.close();
  }
});
