import { createHasher } from '../../auth/password/hasher';
import { createPasswordAuthenticator } from '../../auth/password';
import { createPasswordRecords } from '../../hub/services/passwords';
import { makeUser } from '../support/factories';
import { startHub, type TestHub } from '../support/start-hub';

const BCRYPT = '$2b$04$APU..gz36OH3frZPvtvcWe4OTEC/ek0PPQcoGcGsER8IzFQsoFOPO';
let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

test('A06: after the first sign-in with an older hash only argon2id is stored, and a wrong password leaves it', async () => {
  const alice = makeUser(hub, 'alice');
  hub.store.users.setPasswordHash(alice.id, BCRYPT);
  const older = { verify: (hash: string, password: string) => Promise.resolve(hash === BCRYPT && password === 'as it always was'), sample: () => hub.store.imports.olderPasswordHash() };
  const authenticator = createPasswordAuthenticator({ hasher: createHasher({ memoryKiB: 64, passes: 1, older }), ...createPasswordRecords(hub.store) });
  const signIn = (password: string) => authenticator.verify({ username: 'alice', password }, new AbortController().signal);
  expect(await signIn('guessed')).toMatchObject({ ok: false });
  expect(hub.store.users.passwordHash(alice.id)).toBe(BCRYPT);
  expect(await signIn('as it always was')).toMatchObject({ ok: true });
  expect(hub.store.users.passwordHash(alice.id)).toMatch(/^\$argon2id\$/);
  expect(hub.store.imports.olderPasswordHash()).toBeUndefined();
  expect(await signIn('as it always was')).toMatchObject({ ok: true });
});
