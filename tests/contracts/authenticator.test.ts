import { createPasswordAuthenticator, type PasswordRecord } from '../../auth/password';
import { createHasher } from '../../auth/password/hasher';
import { createDummyAuthenticator } from '../../auth/dummy';
import { AUTHENTICATORS } from '../../auth/registry';
import { parseLoginName } from '../../hub/domain/names';
import { describeAuthenticator } from './describe-authenticator';

describeAuthenticator('password', async () => {
  const hasher = createHasher({ memoryKiB: 64, passes: 1 });
  const records = new Map<string, PasswordRecord>([['alice', { subject: 'id-of-alice', username: 'alice', phc: await hasher.hash('four unrelated words') }]]);
  return {
    authenticator: createPasswordAuthenticator({ hasher, lookup: (username) => records.get(username), rehash: () => undefined }),
    known: { username: 'alice', password: 'four unrelated words' },
  };
});

const never = createPasswordAuthenticator({ hasher: createHasher({ memoryKiB: 64, passes: 1 }), lookup: () => undefined, rehash: () => undefined });

describeAuthenticator('dummy', async () => ({
  authenticator: createDummyAuthenticator({ password: 'hello', parseName: parseLoginName, needsOwn: (name) => name === 'root', own: never }),
  known: { username: 'user-1', password: 'hello' },
  anyName: true,
}));

it('the shared password opens no account that has to show its own', async () => {
  const dummy = createDummyAuthenticator({ password: 'hello', parseName: parseLoginName, needsOwn: (name) => name === 'root', own: never });
  for (const username of ['root', 'ROOT', ' root ']) expect(await dummy.verify({ username, password: 'hello' }, new AbortController().signal)).toEqual({ ok: false, reason: 'bad-credentials' });
});

it('every authenticator of the registry is tested here', () => {
  expect(Object.keys(AUTHENTICATORS)).toEqual(['password', 'dummy']);
});
