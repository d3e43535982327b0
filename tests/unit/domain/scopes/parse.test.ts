import fc from 'fast-check';
import { HubError } from '../../../../hub/domain/errors';
import { createVocabulary, parseScope } from '../../../../hub/domain/scopes/parse';
import { METASCOPES, TREE } from '../../../../hub/domain/scopes/tree';
import { rawScope, vocabulary } from './support';

const refused = (work: () => unknown): HubError => {
  try {
    work();
  } catch (err) {
    if (err instanceof HubError) return err;
    throw err;
  }
  throw new Error('nothing was refused');
};

describe('a scope string', () => {
  test.each(Object.keys(TREE))('%s is known', (name) => {
    expect(parseScope(name)).toEqual({ kind: 'scope', name, filter: null });
  });
  test.each(METASCOPES)('%s stands for others', (name) => {
    expect(parseScope(name)).toEqual({ kind: 'meta', name });
  });
  test.each([
    ['read:users!user=alice', 'user', 'alice'],
    ['read:users!user=a@b.org', 'user', 'a@b.org'],
    ['read:users!user=a=b', 'user', 'a=b'],
    ['read:users!user=hey!', 'user', 'hey!'],
    ['read:users!user=two words', 'user', 'two words'],
    ['read:users!user=用户', 'user', '用户'],
    ['read:servers!server=alice/', 'server', 'alice/'],
    ['read:servers!server=alice/gpu', 'server', 'alice/gpu'],
    ['read:groups!group=org/team', 'group', 'org/team'],
    ['read:services!service=svc', 'service', 'svc'],
    ['read:users!user', 'user', null],
    ['read:servers!server', 'server', null],
    ['access:services!service', 'service', null],
  ])('%s has a filter', (raw, kind, value) => {
    expect(parseScope(raw)).toMatchObject({ filter: { kind, value } });
  });

  test.each([
    '', ' ', 'nothing', 'read:user', 'READ:USERS', 'read:users ', ' read:users', 'read:users!', 'read:users!!', 'read:users!user=', 'read:users!user= ',
    'read:users!user=alice ', 'read:users!user= alice', 'read:users!User=alice', 'read:users!users=alice', 'read:users!=alice', 'read:users! user=alice',
    'read:users!user=a/b', 'read:users!user=a!user=b', 'read:users!user=a!group=g', 'read:users!user=a!server', 'read:users!group', 'read:users!group=',
    'read:servers!server=alice', 'read:servers!server=/', 'read:servers!server=/x', 'read:servers!server=a/b/c', 'read:servers!server=', 'read:servers!server=alice /x',
    'read:services!service=a/b', 'read:users!user=a\nb', 'read:users!user=a\u200bb', 'read:users!user=a\u202eb', 'read:users!user=\ud800', 'self!user=alice', 'inherit!user',
    'custom:jobs:submit', '__proto__', 'constructor', 'toString', 'all', 'read:users,read:hub', 'users*',
  ])('D21: %j is refused with 400', (raw) => {
    const err = refused(() => parseScope(raw));
    expect([err.code, err.status]).toEqual(['invalid-input', 400]);
    expect(err.message.length).toBeLessThan(5_000);
    expect(err.message).not.toMatch(/[\n\u200b\u202e]/);
  });

  test('parsing never throws anything else, whatever comes', () => {
    const bits = fc.constantFrom('read:users', '!', '=', '/', 'user', 'server', 'group', 'self', ' ', '\u0000', 'alice', '\ud800', 'custom:');
    const noise = fc.oneof(fc.string({ unit: 'binary' }), fc.array(bits, { maxLength: 8 }).map((b) => b.join('')));
    fc.assert(fc.property(noise, (raw) => {
      try {
        parseScope(raw);
      } catch (err) {
        expect(err).toBeInstanceOf(HubError);
      }
    }), { numRuns: 1000 });
    fc.assert(fc.property(rawScope, (raw) => void parseScope(raw)), { numRuns: 200 });
  });

  test('parsing a long hostile string takes no time to speak of', () => {
    const started = performance.now();
    for (const raw of [`read:users!user=${'a'.repeat(2000)}`, `read:users!user=${'!user'.repeat(100_000)}`, `custom:${'a'.repeat(100_000)}!`, '!'.repeat(100_000)]) refused(() => parseScope(raw));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('custom scopes', () => {
  test('exist once they are declared', () => {
    expect(parseScope('custom:jobs:submit!user=alice', vocabulary)).toMatchObject({ name: 'custom:jobs:submit' });
    expect(refused(() => parseScope('custom:jobs:other', vocabulary)).code).toBe('invalid-input');
  });

  test.each([
    ['an upper-case name', { 'custom:Jobs': { description: 'x' } }],
    ['a name that is too short', { 'custom:a': { description: 'x' } }],
    ['a name without the prefix', { jobs: { description: 'x' } }],
    ['a name that ends in a hyphen', { 'custom:jobs-': { description: 'x' } }],
    ['no description', { 'custom:jobs': { description: ' ' } }],
    ['something built in that it would imply', { 'custom:jobs': { description: 'x', implies: ['admin:users'] } }],
    ['something undeclared that it would imply', { 'custom:jobs': { description: 'x', implies: ['custom:other'] } }],
    ['a metascope that it would imply', { 'custom:jobs': { description: 'x', implies: ['inherit'] } }],
  ])('are refused with %s', (_why, declared) => {
    expect(refused(() => createVocabulary(declared)).code).toBe('invalid-input');
  });
});
