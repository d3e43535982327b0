import { BUILT_IN, createVocabulary } from '../../../hub/domain/scopes/parse';
import { fullNameOf, onServer, parseShareScopes } from '../../../hub/domain/share';

describe('the scopes of a share', () => {
  it('are names, each once, with or without the filter for exactly that server', () => {
    expect(parseShareScopes(['read:servers', 'access:servers!server=alice/x', 'access:servers'], 'alice/x', BUILT_IN)).toEqual(['access:servers', 'read:servers']);
    expect(parseShareScopes(['custom:note:read'], 'alice/', createVocabulary({ 'custom:note:read': { description: 'Reads notes.' } }))).toEqual(['custom:note:read']);
    expect(onServer('access:servers', fullNameOf({ owner: { name: 'alice' }, name: '' }))).toBe('access:servers!server=alice/');
  });

  it.each([
    'access:servers!server=alice/', 'access:servers!server=alice/x/', 'access:servers!server=bob/x', 'access:servers!server', 'access:servers!user', 'access:servers!user=alice', 'access:servers!group=g',
    'inherit', 'self', '(no_scope)', '', 'no:such', 'custom:not-declared', 'users', 'admin:users', 'read:users', 'tokens', 'users:shares', 'groups:shares', 'shutdown', 'admin-ui', 'access:services',
  ])('%j cannot be shared', (scope) => {
    expect(() => parseShareScopes([scope], 'alice/x', BUILT_IN)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });
});
