import type { ServerId, UserId } from '../../../hub/domain/ids';
import type { Route } from '../../../proxy/route-table';
import { createRouteTable } from '../../../proxy/trie';

const route = (prefix: string): Route => ({ prefix, origin: 'http://10.0.0.1:1', owner: 'u' as UserId, server: prefix as ServerId, upstream: { kind: 'singleuser' } });

function table(...prefixes: string[]) {
  const routes = createRouteTable();
  for (const prefix of prefixes) routes.set(route(prefix));
  return routes;
}

test.each([
  ['/user/alice/', '/user/alice/'], ['/user/alice', '/user/alice/'], ['/user/alice/lab', '/user/alice/'], ['/user/alice//x', '/user/alice/'], ['/user/alice/gpu/x', '/user/alice/gpu/'], ['/user/alice/gpu', '/user/alice/gpu/'],
  ['/user/alice/gpux', '/user/alice/'], ['/user/alice2/', undefined], ['/user/al', undefined], ['/user/', undefined], ['/', undefined], ['', undefined], ['/USER/alice/', undefined], ['/user/__proto__/x', '/user/__proto__/'], ['/user/constructor/', undefined], ['/__proto__/', undefined],
])('%s goes to %s', (path, prefix) => {
  expect(table('/user/alice/', '/user/alice/gpu/', '/user/bob/', '/user/__proto__/').match(path)?.prefix).toBe(prefix);
});

test('removing returns what was there, and leaves the others', () => {
  const routes = table('/user/alice/', '/user/alice/gpu/', '/user/bob/');
  expect(routes.remove('/user/alice/')?.prefix).toBe('/user/alice/');
  expect(routes.remove('/user/alice/')).toBeUndefined();
  expect(routes.remove('/user/nobody/x/')).toBeUndefined();
  expect(routes.match('/user/alice/x')).toBeUndefined();
  expect(routes.match('/user/alice/gpu/x')?.prefix).toBe('/user/alice/gpu/');
  expect(routes.remove('/user/alice/gpu/')?.prefix).toBe('/user/alice/gpu/');
  expect(routes.list().map((r) => r.prefix)).toEqual(['/user/bob/']);
});

test('setting again replaces', () => {
  const routes = table('/user/alice/');
  const next = { ...route('/user/alice/'), origin: 'http://10.0.0.2:1' };
  routes.set(next);
  expect(routes.match('/user/alice/')).toBe(next);
  expect(routes.list()).toHaveLength(1);
});

test.each(['user/a/', '/user/a', '', '//', '/user//a/'])('%j is no prefix', (prefix) => {
  expect(() => createRouteTable().set(route(prefix))).toThrow(TypeError);
});
