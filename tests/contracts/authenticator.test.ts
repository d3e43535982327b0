import { createPasswordAuthenticator, type PasswordRecord } from '../../auth/password';
import { createHasher } from '../../auth/password/hasher';
import { AUTHENTICATORS } from '../../auth/registry';
import { describeAuthenticator } from './describe-authenticator';

describeAuthenticator('password', async () => {
  const hasher = createHasher({ memoryKiB: 64, passes: 1 });
  const records = new Map<string, PasswordRecord>([['alice', { subject: 'id-of-alice', username: 'alice', phc: await hasher.hash('four unrelated words') }]]);
  return {
    authenticator: createPasswordAuthenticator({ hasher, lookup: (username) => records.get(username), rehash: () => undefined }),
    known: { username: 'alice', password: 'four unrelated words' },
  };
});

it('every authenticator of the registry is tested here', () => {
  expect(Object.keys(AUTHENTICATORS)).toEqual(['password']);
});
